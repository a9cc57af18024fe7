// Run with a low descriptor limit (ulimit -n): becomes user nobody, and sends messages that need a
// privilege.
import assert from "node:assert/strict";
import { assertFails, assertOk } from "../../test/conformance.ts";
import { becomeUnprivileged } from "../../test/unprivileged.ts";
import { close } from "./close.ts";
import { AF, MSG, SOCK } from "./constants.ts";
import { trySendmsg } from "./sendmsg.ts";
import { socketpair } from "./socketpair.ts";

becomeUnprivileged();
const [left, right] = socketpair(AF.UNIX, SOCK.DGRAM);
const data = [Buffer.from("x")];

const [uid, gid] = [process.getuid?.() ?? -1, process.getgid?.() ?? -1];
const own = { type: "SCM_CREDENTIALS", pid: process.pid, uid, gid } as const;
assertOk(trySendmsg(left, { data, control: [own] }));
for (const forged of [{ pid: process.ppid }, { uid: 0 }, { gid: 0 }]) {
  const result = trySendmsg(left, { data, control: [{ ...own, ...forged }] });
  assertFails(result, "PermissionDenied", "EPERM");
}

// too_many_unix_fds in net/unix/af_unix.c (before Linux 6.10 in net/unix/scm.c): one more
// descriptor is in flight than RLIMIT_NOFILE.
const [from, to] = socketpair(AF.UNIX, SOCK.STREAM);
const control = [{ type: "SCM_RIGHTS", descriptors: [right, right, right, right, right] }] as const;
let sent = 0;
let result = trySendmsg(from, { data, control }, MSG.DONTWAIT);
for (; result.ok && sent < 100; sent += 1) result = trySendmsg(from, { data, control }, MSG.DONTWAIT);
assertFails(result, "TooManyDescriptors", "ETOOMANYREFS");
assert.ok(sent > 1);
for (const socket of [left, right, from, to]) close(socket);
