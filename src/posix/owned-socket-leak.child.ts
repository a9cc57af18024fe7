import assert from "node:assert/strict";
import { openSync, statSync } from "node:fs";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { collectGarbageUntil } from "../../test/collect-garbage.ts";
import { openDescriptors } from "../../test/open-descriptors.ts";
import { close } from "./close.ts";
import { AF, SOCK } from "./constants.ts";
import { Socket } from "./owned-socket.ts";
import { socket } from "./socket.ts";

// Prints the fate of the descriptors of garbage-collected Sockets.
const warnings: Error[] = [];
process.on("warning", (warning) => warnings.push(warning));

const fate = {
  closed: withoutHolder((made) => close(made)),
  detached: withoutHolder((made) => made.detach()),
  disposed: withoutHolder((made) => made[Symbol.dispose]()),
  // Closed without our knowledge; another file has the number when it is collected.
  taken: withoutHolder((made) => {
    closeDescriptor(made.fd);
    assert.equal(openSync("/dev/null", "r"), made.fd);
  }),
  adopted: withoutHolder((made) => Socket.from(made.detach())),
  gone: withoutHolder((made) => closeDescriptor(made.fd)),
};
const held = socket(AF.INET, SOCK.STREAM);
assert.equal(held.fd, fate.gone, "the kernel gives the lowest free number");
const leaked = withoutHolder(() => {});

// The order of finalizers is unspecified, so the rest is checked after both warnings.
await collectGarbageUntil(() => warnings.length >= 2);
assert.deepEqual(
  warnings.map(({ name }) => name),
  ["SocketLeakWarning", "SocketLeakWarning"],
);
for (const fd of [leaked, fate.adopted]) {
  assert.ok(warnings.some(({ message }) => message.includes(`(descriptor ${fd})`)));
  assert.equal(isOpen(fd), false);
}

// Once this one is collected, all earlier ones have been.
withoutHolder(() => {});
await collectGarbageUntil(() => warnings.length >= 3);
assert.equal(warnings.length, 3);

assert.ok(isOpen(fate.detached), "a detached descriptor is not ours");
assert.ok(
  statSync(`/proc/self/fd/${fate.taken}`).isCharacterDevice(),
  "/dev/null has the number, and is open",
);
assert.ok(isOpen(held.fd), "a Socket that is held is not collected");
close(held);

/** Creates a Socket that is unreachable once this returns, and returns its number. */
function withoutHolder(use: (made: Socket) => void): number {
  const made = socket(AF.INET, SOCK.STREAM);
  const { fd } = made;
  use(made);
  return fd;
}

/** Whether the number is a socket's, and not that of a file that the runtime has opened since. */
function isOpen(fd: number): boolean {
  return openDescriptors().some((descriptor) => descriptor.startsWith(`${fd} socket:`));
}
