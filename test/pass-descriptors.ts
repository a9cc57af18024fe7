import assert from "node:assert/strict";
import type { SocketLike } from "../src/posix/borrow.ts";
import { SOCK } from "../src/posix/constants.ts";
import type { Descriptor } from "../src/posix/owned-descriptor.ts";
import { recvmsg } from "../src/posix/recvmsg.ts";
import { sendmsg } from "../src/posix/sendmsg.ts";
import type { Fixture } from "./fixture.ts";

/**
 * Sends descriptors from one end of a pair to the other, and returns those that arrive; the fixture
 * closes them.
 */
export function pass(
  fixture: Fixture,
  descriptors: readonly (SocketLike | Descriptor)[],
  type: number = SOCK.DGRAM,
): readonly Descriptor[] {
  const [left, right] = fixture.pair(type);
  sendmsg(left, { data: [new Uint8Array(1)], control: [{ type: "SCM_RIGHTS", descriptors }] });
  const { control } = recvmsg(right, { data: [new Uint8Array(8)] });
  const [rights] = control;
  assert.ok(control.length === 1 && rights?.type === "SCM_RIGHTS");
  assert.equal(rights.descriptors.length, descriptors.length);
  return rights.descriptors.map((descriptor) => fixture.own(descriptor));
}
