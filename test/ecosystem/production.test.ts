// The examples of docs/production.md, as far as possible on one machine. HAProxy has a separate
// file.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { udp } from "../../src/net/udp/udp.ts";
import { root } from "../root.ts";
import { folder, testedNode } from "./column.ts";
import { Program } from "./program.ts";

const limit = { timeout: 60_000 };
const has = (program: string, word = "--version") => spawnSync(program, [word]).error === undefined;

function temporary(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "production-"));
  context.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A currently unused port, for a program that cannot take our socket. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  server.close();
  await once(server, "close");
  return address.port;
}

async function get(port: number, path: string, localAddress?: string): Promise<string> {
  const options = {
    host: "127.0.0.1",
    port,
    path,
    agent: false as const,
    ...(localAddress && { localAddress }),
  };
  const [response] = await once(http.get(options), "response");
  return text(response);
}

/** Waits until something listens there. */
async function getOnceUp(port: number, path: string, localAddress: string): Promise<string> {
  for (;;) {
    try {
      return await get(port, path, localAddress);
    } catch (error) {
      assert.match(String(error), /ECONNREFUSED/);
    }
  }
}

test("systemd: a socket unit, READY=1 and WATCHDOG=1", {
  ...limit,
  skip: !has("systemd-socket-activate"),
}, async (context) => {
  const path = join(temporary(context), "notify");
  await using manager = await udp({ path });
  const port = await freePort();
  const set = [`--setenv=NOTIFY_SOCKET=${path}`, "--setenv=WATCHDOG_USEC=200000"];
  const words = [...set, "-l", `127.0.0.1:${port}`, testedNode, "systemd.mjs"];
  const child = spawn("systemd-socket-activate", words, {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const ended = once(child, "exit");
  try {
    assert.equal(await getOnceUp(port, "/", "127.0.0.1"), "hello");
    const told: string[] = [];
    while (told.length < 3) {
      const { data } = await manager.receive({ timeout: 30_000 });
      told.push(Buffer.from(data).toString());
    }
    assert.deepEqual(told, ["READY=1", "WATCHDOG=1", "WATCHDOG=1"]);
  } finally {
    child.kill("SIGTERM");
  }
  assert.deepEqual(await ended, [0, null]);
});

test("Docker's default: a filter that denies io_uring", { ...limit, skip: !has("python3") }, () => {
  const words = [join(folder, "without-io-uring.py"), testedNode, "engine.mjs"];
  const env = { ...process.env, BERKELEY_ENGINE: "" };
  const { stdout, stderr } = spawnSync("python3", words, { cwd: folder, encoding: "utf8", env });
  assert.match(
    stdout,
    /^readiness: io_uring is unavailable: .*system call filter forbids it: served\n$/,
    stderr,
  );
});

/** The examples of a language in docs/production.md. */
function examples(language: string): readonly string[] {
  const document = readFileSync(join(root, "docs/production.md"), "utf8");
  const found = [...document.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, "gm"))];
  return found.map(([, text = ""]) => text);
}

/** Runs a program that checks a file, and must accept it silently. */
function accepts(program: string, words: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8" });
  assert.equal(status, 0, `${program}: ${stdout}${stderr}`);
}

test("systemd accepts the units", { ...limit, skip: !has("systemd-analyze") }, (context) => {
  const made = temporary(context);
  const units = examples("ini").map((text) => {
    const path = join(made, /^# (\S+)/.exec(text)?.[1] ?? "");
    writeFileSync(path, text.replace("/usr/bin/node", testedNode));
    return path;
  });
  assert.equal(units.length, 2);
  accepts("systemd-analyze", ["verify", ...units]);
});

test("HAProxy accepts its example", { ...limit, skip: !has("haproxy", "-v") }, (context) => {
  const path = join(temporary(context), "haproxy.cfg");
  const times = ["connect", "client", "server"].map((each) => `timeout ${each} 5s\n`).join("");
  const front = "frontend front\nmode http\nbind 127.0.0.1:3000\ndefault_backend web\n";
  writeFileSync(path, `defaults\n${times}${front}${examples("haproxy").join("")}`);
  accepts("haproxy", ["-c", "-f", path]);
});

const streamModule = "/usr/lib/nginx/modules/ngx_stream_module.so";

test("nginx accepts its example", {
  ...limit,
  skip: !has("nginx", "-v") || !existsSync(streamModule),
}, (context) => {
  const made = temporary(context);
  const path = join(made, "nginx.conf");
  const example = examples("nginx").join("");
  writeFileSync(path, `load_module ${streamModule};\npid ${made}/pid;\nevents {}\n${example}`);
  accepts("nginx", ["-t", "-p", made, "-c", path, "-e", "stderr"]);
});

test("nginx with proxy_protocol: req.ip is the client's", {
  ...limit,
  skip: !has("nginx", "-v") || !existsSync(streamModule),
}, async (context) => {
  const made = temporary(context);
  await using program = new Program("express-behind-proxy.mjs", { stock: true });
  const port = await freePort();
  writeFileSync(
    join(made, "nginx.conf"),
    `load_module ${streamModule};
daemon off;
master_process off;
pid ${made}/pid;
error_log stderr;
events {}
stream {
  server {
    listen 127.0.0.1:${port};
    proxy_pass 127.0.0.1:${await program.port()};
    proxy_protocol on;
  }
}
`,
  );
  const words = ["-p", made, "-c", "nginx.conf", "-e", "stderr"];
  const child = spawn("nginx", words, { stdio: ["ignore", "inherit", "inherit"] });
  const ended = once(child, "exit");
  try {
    assert.equal(await getOnceUp(port, "/ip", "127.0.0.5"), '"127.0.0.5"');
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
  await program.stop();
});
