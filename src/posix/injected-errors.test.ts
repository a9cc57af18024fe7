// Errors that this kernel has no cause to return, or only with modules it lacks (kernel TLS and
// AF_ALG: EBADMSG and ENOKEY), returned to a real process: through the system call, the C library
// and koffi. The tables script the same errors on a System of their own.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { except } from "../../test/platform.ts";
import { injecting, runProgram } from "../../test/program.ts";

const program = new URL("./injected-errors.child.js", import.meta.url);

/** The call that fails, and how, and the error that is thrown. */
const rows: Readonly<Record<string, string>> = {
  "socket:error=ENFILE:when=1": "socket ENFILE SystemFdQuotaExceeded",
  "socket:error=ENOBUFS:when=2": "socket ENOBUFS SystemResources",
  "bind:error=ENOMEM:when=1": "bind ENOMEM SystemResources",
  "connect:error=ENETDOWN:when=1": "connect ENETDOWN NetworkSubsystemFailed",
  "connect:error=EPROTO:when=1": "connect EPROTO ProtocolFailure",
  "accept4:error=EPERM:when=1": "accept EPERM BlockedByFirewall",
  "accept4:error=ENONET:when=1": "accept ENONET HostUnreachable",
  "accept4:error=EPROTO:when=1": "accept EPROTO ProtocolFailure",
  "getpeername:error=ENOBUFS:when=1": "getpeername ENOBUFS SystemResources",
  "sendto:error=ENOKEY:when=1": "send ENOKEY AccessDenied",
  "sendto:error=ENOMEM:when=1": "send ENOMEM SystemResources",
  "sendto:error=EINTR:when=1": "no error",
  "recvfrom:error=EBADMSG:when=1": "recv EBADMSG ProtocolFailure",
  "recvfrom:error=ENOKEY:when=1": "recv ENOKEY AccessDenied",
  "recvfrom:error=ENOMEM:when=1": "recv ENOMEM SystemResources",
  "recvfrom:error=EINTR:when=1": "no error",
  "shutdown:error=ENOMEM:when=1": "shutdown ENOMEM SystemResources",
};

const onNode = except({
  ...{ windows: "it runs strace", darwin: "it runs strace", freebsd: "it runs strace" },
  ...{ bun: "strace runs only on Node", deno: "strace runs only on Node" },
});

test("errors injected into the calls of a real process are those of its error sets", onNode, (context) => {
  const { error } = spawnSync("strace", ["-V"]);
  if (error !== undefined) {
    context.skip(`cannot run strace: ${error.message}`);
    return;
  }
  for (const [injected, thrown] of Object.entries(rows)) {
    assert.equal(runProgram(program, { under: injecting(injected) }).trim(), thrown, injected);
  }
});
