import assert from "node:assert/strict";
import { assertFails, assertOk } from "../../test/conformance.ts";
import { openDescriptors } from "../../test/open-descriptors.ts";
import { close } from "./close.ts";
import { AF, SOCK } from "./constants.ts";
import type { Socket } from "./owned-socket.ts";
import { trySocket } from "./socket.ts";
import { trySocketpair } from "./socketpair.ts";

// Run with a low descriptor limit: uses up all descriptors, then frees one, and then two.
const sockets: Socket[] = [];
let result = trySocket(AF.INET, SOCK.STREAM);
while (result.ok) {
  sockets.push(result.value);
  result = trySocket(AF.INET, SOCK.STREAM);
}
const error = assertFails(result, "ProcessFdQuotaExceeded", "EMFILE");
assert.match(error.message, /ulimit -n/);
assertFails(trySocketpair(AF.UNIX, SOCK.STREAM), "ProcessFdQuotaExceeded", "EMFILE");

const release = () => close(sockets.pop() ?? assert.fail("the program has no socket"));
release();
assertFails(trySocketpair(AF.UNIX, SOCK.STREAM), "ProcessFdQuotaExceeded", "EMFILE");
assertOk(trySocket(AF.INET, SOCK.STREAM)).detach();
release();
release();
const before = openDescriptors().length;
for (const end of assertOk(trySocketpair(AF.UNIX, SOCK.STREAM))) close(end);
assert.equal(openDescriptors().length, before);
