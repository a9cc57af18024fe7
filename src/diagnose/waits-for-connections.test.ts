// How `berkeley hold` detects that a program waits on a socket that it uses unchanged.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, fstatSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { except } from "../../test/platform.ts";
import { AF, bind, listen, SOCK, socket } from "../posix/index.ts";
import { waitsForConnections } from "./process.ts";

const proc = "it has no /proc/PID/syscall";
const node = "the programs are started with options of Node's";
const linux = except({ windows: proc, darwin: proc, freebsd: proc, bun: node, deno: node });
const posix = new URL("../posix/index.js", import.meta.url).href;

/** Starts a program that has a listening socket as descriptor 3, and returns the socket's inode. */
async function started(context: TestContext, program: string): Promise<number> {
  using listener = socket(AF.INET, SOCK.STREAM);
  bind(listener, { family: "ipv4", address: "127.0.0.1", port: 0 });
  listen(listener, 5);
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit", listener.fd],
  });
  context.after(() => child.kill("SIGKILL"));
  const { ino } = fstatSync(listener.fd);
  const { stdout } = child;
  assert.ok(stdout !== null);
  await once(stdout, "data");
  return ino;
}

const importing = `import { accept, poll, POLL } from ${JSON.stringify(posix)}; console.log("ready");`;

/** Each with what is known of it once it waits. */
const programs = {
  "accept()": [`${importing} accept(3);`, true],
  epoll: [
    `import { createServer } from "node:net";
     createServer().listen({ fd: 3 }, () => console.log("ready"));`,
    true,
  ],
  "poll(), whose descriptors nobody sees": [
    `${importing} poll([{ socket: 3, events: POLL.IN }], Infinity);`,
    undefined,
  ],
  "something else": [`console.log("ready"); setInterval(() => {}, 1000);`, false],
} as const;

for (const [what, [program, expected]] of Object.entries(programs)) {
  test(`a program that waits in ${what}: ${expected ?? "unknown"}`, linux, async (context) => {
    // CONFIG_HAVE_ARCH_TRACEHOOK, which User-Mode Linux lacks.
    if (!existsSync("/proc/self/syscall")) return context.skip("the kernel has no /proc/PID/syscall");
    const inode = await started(context, program);
    // It may still be on its way there.
    while (waitsForConnections([inode]) !== expected) await turn();
  });
}

test("without a program, no process waits", linux, () => {
  using listener = socket(AF.INET, SOCK.STREAM);
  assert.equal(waitsForConnections([fstatSync(listener.fd).ino]), false);
});
