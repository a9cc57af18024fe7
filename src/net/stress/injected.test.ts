// Failures of the kernel's own calls, injected by strace. It only affects system calls, and so the
// readiness engine: for the ring see errnos.test.ts.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { runProgram } from "../../../test/program.ts";

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
    const [call = ""] = injected.split(":");
    const under = [
      "strace",
      "-f",
      "-qq",
      "-o",
      "/dev/null",
      "-e",
      `trace=${call}`,
      "-e",
      `inject=${injected}`,
    ];
    assert.equal(runProgram(program, { under }).trim(), told, injected);
  }
});
