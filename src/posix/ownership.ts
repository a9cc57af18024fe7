import type { FileIdentity, System } from "../system/system.ts";

/** What the finalizer needs to close a descriptor, and only that one. */
interface Descriptor {
  readonly system: System;
  readonly fd: number;
  readonly file: FileIdentity;
}

/**
 * Where the finalizer finds the descriptor, if there is one. It does not lead to the Ownership,
 * which would then live on.
 */
interface Place {
  descriptor: Descriptor | undefined;
}

/** What one Socket holds, and nothing else: when it is garbage-collected, so was the Socket. */
export class Ownership {
  readonly place: Place = { descriptor: undefined };
}

const unclosed = new FinalizationRegistry<Place>(({ descriptor }) => {
  if (descriptor === undefined) return;
  const { system, fd, file } = descriptor;
  system.keepAtThreadEnd(fd);
  const now = system.identity(fd);
  if (now === null || now.inode !== file.inode || now.device !== file.device) return;
  system.close(fd);
  process.emitWarning(
    `a Socket (descriptor ${fd}) was garbage-collected unclosed, and is closed now; call close(socket), or declare it with \`using\``,
    "SocketLeakWarning",
  );
});

/**
 * Those that are released, to be used again: to register one takes 0.5 us, a fifth of an accept()
 * in C.
 */
const released: Ownership[] = [];
const MOST_RELEASED = 1000;

/**
 * What is owned, by its number: two owners of one would close whatever has the number after the
 * first.
 */
const owned: (Descriptor | undefined)[] = [];

/** Whether a descriptor has an owner that is not released, and is still the file that it was. */
export function isOwned(system: System, fd: number): boolean {
  const owner = owned[fd];
  if (owner === undefined || owner.system !== system) return false;
  const now = system.identity(fd);
  return now !== null && now.inode === owner.file.inode && now.device === owner.file.device;
}

/**
 * Owns a descriptor until it is released: one whose Ownership is garbage-collected before is
 * closed.
 */
export function own(system: System, fd: number): Ownership {
  const ownership = released.pop() ?? registered();
  const file = system.identity(fd);
  // Without an identity the descriptor is already gone, and there is nothing to watch.
  if (file !== null) {
    const descriptor = { system, fd, file };
    ownership.place.descriptor = descriptor;
    owned[fd] = descriptor;
    system.closeAtThreadEnd(fd);
  }
  return ownership;
}

/** Whoever releases an Ownership drops it: the next Socket to hold it must be the only one. */
export function release(ownership: Ownership): void {
  const { descriptor } = ownership.place;
  descriptor?.system.keepAtThreadEnd(descriptor.fd);
  if (descriptor !== undefined && owned[descriptor.fd] === descriptor) owned[descriptor.fd] = undefined;
  ownership.place.descriptor = undefined;
  if (released.length < MOST_RELEASED) released.push(ownership);
}

function registered(): Ownership {
  const ownership = new Ownership();
  unclosed.register(ownership, ownership.place);
  return ownership;
}
