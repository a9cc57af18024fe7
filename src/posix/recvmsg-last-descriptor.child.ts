// Run with a low descriptor limit (ulimit -n): receives more descriptors than numbers are left.
import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { assertFails } from "../../test/conformance.ts";
import { openDescriptors } from "../../test/open-descriptors.ts";
import { AF, MSG, SOCK } from "./constants.ts";
import { recvmmsg } from "./recvmmsg.ts";
import { tryRecvmsg } from "./recvmsg.ts";
import { sendmsg } from "./sendmsg.ts";
import { socketpair } from "./socketpair.ts";

const [left, right] = socketpair(AF.UNIX, SOCK.DGRAM);
const rights = { type: "SCM_RIGHTS", descriptors: Array<number>(10).fill(left.fd) } as const;
const buffer = () => ({ data: [new Uint8Array(1)] });

for (const remaining of [0, 1, 9]) {
  sendmsg(left, { data: [Buffer.from("x")], control: [rights] });
  sendmsg(left, { data: [Buffer.from("y")], control: [rights] });
  const before = openDescriptors();
  const fillers: number[] = [];
  try {
    for (;;) fillers.push(openSync("/dev/null", "r"));
  } catch {
    // Every number is now in use.
  }
  for (const fd of fillers.splice(-remaining, remaining)) closeSync(fd);
  const error = assertFails(tryRecvmsg(right, buffer()), "ProcessFdQuotaExceeded", "EMFILE");
  assert.match(error.message, /ulimit -n/);
  const [message] = recvmmsg(right, [buffer()], MSG.DONTWAIT);
  assert.deepEqual([message?.bytes, message?.flags, message?.control], [1, MSG.CTRUNC, []]);
  for (const fd of fillers) closeSync(fd);
  assert.deepEqual(openDescriptors(), before, `${remaining} were left`);
}

sendmsg(left, { data: [Buffer.from("x")], control: [rights] });
const [message] = recvmmsg(right, [buffer()]);
assert.ok(message?.control[0]?.type === "SCM_RIGHTS" && message.control[0].descriptors.length === 10);
