// npm run bench:files: files over HTTP/1.1 from Debian's nginx (one process, sendfile), from
// createReadStream().pipe() on node:net, and from sendFile() on this package's engines. The server
// has a processor to itself, and so has the load: wrk, or one client for the largest file. See
// docs/benchmarks.md.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../scripts/install-and-build.mjs";
import { compare } from "./compare.mjs";
import { installWrk, processorTime } from "./engine/http.mjs";
import { perRequest } from "./engine/per-request.mjs";
import { during, start } from "./engine/start.mjs";
import { median, ratio } from "./figures.mjs";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

const scenarios = [
  { name: "4k", title: "4 KiB, 64 connections", size: 4 << 10, ask: asked },
  { name: "1m", title: "1 MiB, 64 connections", size: 1 << 20, ask: asked },
  { name: "1g", title: "1 GiB, 1 connection: one request", size: 1 << 30, ask: whole },
];

// Random content for the small ones; the largest has holes, which are pages like any others.
const folder = mkdtempSync(join(tmpdir(), "berkeley-files-"));
process.once("exit", () => rmSync(folder, { recursive: true }));
for (const { name, size } of scenarios) {
  writeFileSync(join(folder, name), Buffer.alloc(Math.min(size, 1 << 20), name));
  truncateSync(join(folder, name), size);
}

await compare({ name: "files", peer: "nginx", version: installed, scenarios, measure, row });

/** Installs what is missing; returns nginx's version. */
function installed() {
  installWrk();
  if (spawnSync("nginx", ["-v"]).error !== undefined)
    run("apt-get", ["install", "-y", "--no-install-recommends", "nginx-light"]);
  return /\d+\.\d+\.\d+/.exec(`${spawnSync("nginx", ["-v"]).stderr}`)[0];
}

function measure({ scenario, server, on, milliseconds }) {
  return during(start([...server.command, folder], on.server, server.environment), async (started) => {
    const { port, pid } = await started.answer();
    return scenario.ask({ name: scenario.name, port, pid, on, milliseconds });
  });
}

/** Requests on 64 connections by wrk, which counts whole seconds, after a second of warm-up. */
async function asked({ name, port, pid, on, milliseconds }) {
  const ask = (seconds) => {
    const wanted = ["-t1", "-c64", `-d${seconds}s`, "-s", path("engine/http.lua")];
    const command = ["wrk", ...wanted, `http://127.0.0.1:${port}/${name}`];
    return during(start(command, on.load), ({ answer }) => answer());
  };
  await ask(1);
  const before = processorTime(pid);
  const measured = await ask(Math.ceil(milliseconds / 1000));
  if (measured.failed > 0) throw new Error(`${measured.failed} requests failed`);
  return perRequest({ ...measured, ...since(before, pid) });
}

/** One request, read to the end. */
async function whole({ name, port, pid, on }) {
  const before = processorTime(pid);
  const command = [process.execPath, path("files/get.mjs"), `${port}`, name];
  const { seconds } = await during(start(command, on.load), ({ answer }) => answer(120_000));
  const nanoseconds = seconds * 1e9;
  const one = { requests: 1, seconds, p50: nanoseconds, p99: nanoseconds };
  return { ...perRequest({ ...one, ...since(before, pid) }), rate: Math.round(100 / seconds) / 100 };
}

/** The processor time of a process since an earlier sample. */
function since(before, pid) {
  const after = processorTime(pid);
  return { user: after.user - before.user, system: after.system - before.system };
}

function row({ server, samples }, nginx) {
  return {
    server,
    "a second": `${median(samples, "rate")}`,
    "p50 us": (median(samples, "p50") / 1000).toFixed(0),
    "p99 us": (median(samples, "p99") / 1000).toFixed(0),
    "CPU us": (median(samples, "cpu") / 1000).toFixed(1),
    "user us": (median(samples, "user") / 1000).toFixed(1),
    "rate × nginx": ratio(samples, nginx?.samples, "rate")?.toFixed(2) ?? "-",
    "CPU × nginx": ratio(samples, nginx?.samples, "cpu")?.toFixed(2) ?? "-",
  };
}
