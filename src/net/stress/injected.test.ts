// Failures of the kernel's own calls, injected by strace. It only affects system calls, and so the
// readiness engine: for the ring see errnos.test.ts.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { except } from "../../../test/platform.ts";
import { injecting, runProgram } from "../../../test/program.ts";

const program = new URL("./injected.child.js", import.meta.url);

/**
 * The injected failure and what is then reported. The first send is the client's, as are the first
 * connect and the last recv.
 */
const rows: Readonly<Record<string, string>> = {
  "accept4:error=EMFILE:when=1": "retry EMFILE 5, read 1",
  "accept4:error=ENFILE:when=1..3": "retry ENFILE 5, retry ENFILE 10, retry ENFILE 20, read 1",
  "accept4:error=ENOMEM:when=1": "retry ENOMEM 5, read 1",
  "accept4:error=ECONNABORTED:when=1": "retry ECONNABORTED 0, read 1",
  "accept4:error=EPROTO:when=1..2": "retry EPROTO 0, retry EPROTO 0, read 1",
  "accept4:error=EINTR:when=1": "read 1",
  "connect:error=ETIMEDOUT": "failed ETIMEDOUT",
  "connect:error=EADDRNOTAVAIL": "failed EADDRNOTAVAIL",
  "connect:error=EACCES": "failed EACCES",
  "socket:error=EMFILE:when=2": "failed EMFILE",
  "sendto:error=ENOBUFS:when=1": "failed ENOBUFS",
  "sendto:error=EINTR:when=1": "read 1",
  "sendto:error=EPIPE:when=2": "close EPIPE, read undefined",
  "recvfrom:error=EINTR:when=1": "read 1",
  "recvfrom:error=EHOSTUNREACH:when=1": "close EHOSTUNREACH, failed ECONNRESET",
};

test("injected: failures that strace injects are reported or retried", (context) => {
  const { error } = spawnSync("strace", ["-V"]);
  if (error !== undefined) {
    context.skip(`cannot run strace: ${error.message}`);
    return;
  }
  for (const [injected, told] of Object.entries(rows)) {
    assert.equal(runProgram(program, { under: injecting(injected) }).trim(), told, injected);
  }
});

const notDeno = except({ deno: "Deno aborts where its own epoll fails" });

test(
  "injected: an epoll_ctl that fails is reported, and leaves nothing that holds the process",
  notDeno,
  (context) => {
    if (spawnSync("strace", ["-V"]).error !== undefined) return context.skip("there is no strace");
    const outcomes = new Set<string>();
    // Which of the calls are ours depends on the runtime. libuv aborts if one of its own fails.
    for (let call = 1; call <= 12; call++) {
      for (const code of ["ENOMEM", "ENOSPC"]) {
        const { status, signal, stdout, stderr } = runInjecting(
          `epoll_ctl:error=${code}:when=${call}`,
          20_000,
        );
        assert.ok(
          status === 0 || signal === "SIGABRT",
          `call ${call}: ${signal} ${status} ${stdout}${stderr}`,
        );
        if (status === 0) outcomes.add(stdout.trim());
      }
    }
    // A failed EPOLL_CTL_DEL, which the kernel does not have, leads to EEXIST.
    const told = /^((retry|close|failed) (ENOMEM|ENOSPC|EEXIST|ECONNRESET)( 5)?|read 1|, )+$/;
    for (const outcome of outcomes) assert.match(outcome, told);
    for (const outcome of ["read 1", "retry ENOSPC 5, read 1", "failed ENOSPC", "retry ENOMEM 5, read 1"])
      assert.ok(outcomes.has(outcome), outcome);
  },
);

test("injected: everything open ends once epoll_wait fails for good", notDeno, (context) => {
  if (spawnSync("strace", ["-V"]).error !== undefined) return context.skip("there is no strace");
  if (process.arch === "arm64") return context.skip("epoll_wait() is epoll_pwait there, libuv's own call");
  for (const code of ["EBADF", "EINTR"]) {
    const { status, stdout, stderr } = runInjecting(`epoll_wait:error=${code}:when=4+`, 60_000);
    assert.equal(status, 1, stdout);
    assert.match(stderr, new RegExp(`accept ${code} .*readiness queue failed for good: the system returned`));
  }
});

/** Runs the program while strace(1) injects into its calls, for so many milliseconds at most. */
function runInjecting(injection: string, timeout: number) {
  const [command = "", ...args] = [...injecting(injection), process.execPath, fileURLToPath(program)];
  return spawnSync(command, args, { encoding: "utf8", timeout });
}
