// Bundles the page of docs/simulated, which then needs no network: node scripts/simulated-page.mjs.
// With --check, headless Chromium opens it and what it shows is checked; with --pictures, it takes
// the pictures in docs/pictures.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { installAndBuild, root } from "./install-and-build.mjs";

installAndBuild();
const folder = join(root, "docs/simulated");
await build({
  entryPoints: [join(folder, "page.js")],
  outfile: join(folder, "page.bundle.js"),
  bundle: true,
  minify: true,
  platform: "browser",
  format: "iife",
  logLevel: "error",
});
if (process.argv.includes("--check")) check();
if (process.argv.includes("--pictures")) pictures();

function chromium(query, ...flags) {
  const profile = mkdtempSync(join(tmpdir(), "berkeley-page-"));
  const url = `${pathToFileURL(join(folder, "index.html"))}?${query}`;
  const common = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--timeout=20000"];
  const own = [`--user-data-dir=${profile}`, "--virtual-time-budget=20000"];
  const result = spawnSync("chromium", [...common, ...own, ...flags, url], {
    encoding: "utf8",
    timeout: 90_000,
  });
  rmSync(profile, { recursive: true, force: true });
  return result;
}

/** The texts on the page: of each client's row, and of the accept queue. */
function shown(query) {
  const { stdout, stderr } = chromium(query, "--dump-dom");
  assert.match(stdout, /data-ready="yes"/, stderr);
  assert.match(stdout, /role="alert"><\/p>/);
  const rows = [...stdout.matchAll(/<td>(client \d)<\/td><td>([^<]*)<\/td><td>(\d+)<\/td>/g)];
  const clients = rows.map(([, , state]) => state);
  const accept = /id="accept-text">([^<]*)/.exec(stdout)?.[1];
  return { clients, accept, syns: rows.map(([, , , syns]) => Number(syns)) };
}

function check() {
  const { error } = spawnSync("chromium", ["--version"]);
  if (error !== undefined) return console.log("The page was not checked: chromium is not installed");
  const all = Array.from({ length: 5 }, () => "connected");
  assert.deepEqual(shown("backlog=10"), {
    clients: all,
    accept: "0 of 11 (backlog + 1)",
    syns: [1, 1, 1, 1, 1],
  });
  // The fourth is connected, but its ACK finds the accept queue full; the SYN of the fifth
  // is dropped.
  const few = shown("backlog=2");
  assert.deepEqual(few.clients, all);
  assert.deepEqual(few.syns.slice(0, 4), [1, 1, 1, 1]);
  assert.ok((few.syns[4] ?? 0) > 1);
  assert.deepEqual(shown("backlog=2&delay=9000&timeout=2500").clients, [...all.slice(1), "timed out"]);
  assert.deepEqual(shown("backlog=2&abort=1").clients[3], "reset (ECONNRESET)");
  const start = shown("backlog=2&event=0");
  assert.deepEqual(
    start.clients,
    Array.from({ length: 5 }, () => "not started"),
  );
  console.log("The page shows what it should");
}

function pictures() {
  for (const [name, scheme] of Object.entries({ dark: 0, light: 1 })) {
    const file = join(root, `docs/pictures/simulated-${name}.png`);
    const flags = [`--screenshot=${file}`, `--blink-settings=preferredColorScheme=${scheme}`];
    const { status, stderr } = chromium("backlog=2&event=48", "--window-size=980,1500", ...flags);
    assert.equal(status, 0, stderr);
  }
}
