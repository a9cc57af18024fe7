import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { berkeley, runBerkeley } from "../../test/command.ts";
import { Holding } from "../../test/holding.ts";
import { except } from "../../test/platform.ts";
import { explain } from "./explain.ts";
import { RunningProcess } from "./running-process.ts";

const onLinux = except({
  windows: "it is of Linux's /proc",
  darwin: "it is of Linux's /proc",
  freebsd: "it is of Linux's /proc",
});

/**
 * A C program in which a thread binds, listens, prints the port and pauses. `before` runs in the
 * thread first, `main` in the main thread.
 */
const program = (before: string, main: string) => `#define _GNU_SOURCE
#include <arpa/inet.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
static pthread_t first;
static void *hold(void *unused) {
  ${before}
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(0x7f530005)}};
  socklen_t length = sizeof at;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(fd, (void *)&at, length) || listen(fd, 1) || getsockname(fd, (void *)&at, &length)) return 0;
  printf("%d\\n", ntohs(at.sin_port));
  fflush(stdout);
  pause();
  return unused;
}
int main(void) {
  pthread_t thread;
  first = pthread_self();
  pthread_create(&thread, 0, hold, 0);
  ${main}
}
`;

/** Runs such a program and returns its pid and port. */
async function running(
  context: TestContext,
  source: string,
): Promise<{ pid: number; port: number } | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "berkeley-"));
  context.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "holder.c"), source);
  const made = spawnSync("gcc", ["-pthread", "-o", join(folder, "holder"), join(folder, "holder.c")]);
  if (made.error !== undefined) {
    context.skip(`gcc cannot be run: ${made.error.message}`);
    return undefined;
  }
  assert.equal(made.status, 0, `${made.stderr}`);
  const child = spawn(join(folder, "holder"), { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  context.after(async () => {
    child.kill("SIGKILL");
    await closed;
  });
  const [text] = await once(child.stdout, "data");
  assert.ok(child.pid !== undefined);
  return { pid: child.pid, port: Number(text) };
}

for (const [what, source] of [
  ["whose main thread has ended", program("pthread_join(first, 0);", "pthread_exit(0);")],
  ["of which one thread has descriptors of its own", program("unshare(CLONE_FILES);", "pause();")],
] as const) {
  test(`a holder ${what} is reported, and can be stopped`, onLinux, async (context) => {
    const holder = await running(context, source);
    if (holder === undefined) return;
    const address = { family: "ipv4", address: "127.83.0.5", port: holder.port } as const;
    const [held] = explain(address).causes;
    assert.ok(held?.kind === "held");
    assert.deepEqual(
      held.holders.map(({ pid, command }) => [pid, command.length]),
      [[holder.pid, 1]],
    );
    const opened = RunningProcess.open(held.holders[0] ?? assert.fail());
    assert.ok(opened instanceof RunningProcess);
    using process = opened;
    assert.equal(process.ended, false);
    const { status, stdout } = runBerkeley(["free", `127.83.0.5:${holder.port}`, "--yes"]);
    assert.match(stdout, new RegExp(`\\(pid ${holder.pid}\\) has stopped\\.\nIt is free\\.\n$`));
    assert.equal(status, 0);
    assert.equal(process.ended, true);
  });
}

test(
  "with another PID namespace's /proc, free names the holder and does not signal any other process",
  onLinux,
  async (context) => {
    const held = await Holding.start(context, {
      sockets: [{ address: { family: "ipv4", address: "127.83.0.4", port: 0 }, backlog: 1 }],
    });
    assert.ok(held.address.family === "ipv4");
    const module = fileURLToPath(new URL("./foreign-proc.child.js", import.meta.url));
    const words = ["--pid", "--fork", "--kill-child", process.execPath, module];
    if (!existsSync("/proc/sys/kernel/ns_last_pid")) {
      context.skip("the kernel is built without CONFIG_CHECKPOINT_RESTORE");
      return;
    }
    if (spawnSync("unshare", ["--pid", "--fork", "true"]).status !== 0) {
      context.skip("a PID namespace cannot be made");
      return;
    }
    const run = spawnSync("unshare", [...words, `127.83.0.4:${held.address.port}`, `${held.pid}`], {
      encoding: "utf8",
    });
    assert.equal(run.status, 0, run.stderr);
    assert.deepEqual([held.child.exitCode, held.child.signalCode], [null, null]);
  },
);

test("with hidepid, an invisible holder is reported as hidden, not as missing", onLinux, async (context) => {
  const held = await Holding.start(context, {
    sockets: [{ address: { family: "ipv4", address: "127.83.0.4", port: 0 }, backlog: 1 }],
  });
  assert.ok(held.address.family === "ipv4");
  const endpoint = `127.83.0.4:${held.address.port}`;
  const command = berkeley;
  const script =
    'mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"';
  const words = ["--mount", "sh", "-c", script, "sh", process.execPath, command, "why", endpoint];
  const run = spawnSync("unshare", words, { encoding: "utf8" });
  if (run.error !== undefined || /unshare|mount|setpriv/.test(run.stderr)) {
    context.skip(`such a /proc cannot be mounted: ${run.error ?? run.stderr}`);
    return;
  }
  assert.match(run.stdout, /held by a process of user root that this user may not inspect/);
  assert.equal(run.status, 1);
});
