import { invariant } from "../invariant.ts";
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
interface Location {
  descriptor: Descriptor | undefined;
}

/** What one Socket holds, and nothing else: when it is garbage-collected, so was the Socket. */
export class Ownership {
  readonly location: Location = { descriptor: undefined };
}

const unclosed = new FinalizationRegistry<Location>(({ descriptor }) => {
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
 * How many of an engine's handles have a descriptor of this number: two for a moment, where a new
 * descriptor gets the number of one that is closed before its handle is told.
 */
let inEngine = new Uint8Array(1024);

/** An engine has the descriptor from now on, and closes it. */
export function engineOpened(fd: number): void {
  if (fd >= inEngine.length) {
    const larger = new Uint8Array(Math.max(fd + 1, 2 * inEngine.length));
    larger.set(inEngine);
    inEngine = larger;
  }
  inEngine[fd] = (inEngine[fd] ?? 0) + 1;
}

/** An engine has closed the descriptor. */
export function engineClosed(fd: number): void {
  const count = inEngine[fd];
  invariant(count !== undefined && count > 0, "engineOpened() was called for the descriptor");
  inEngine[fd] = count - 1;
}

/** Whether an engine of this thread has the descriptor. */
export function isInEngine(fd: number): boolean {
  return (inEngine[fd] ?? 0) > 0;
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
    ownership.location.descriptor = descriptor;
    owned[fd] = descriptor;
    system.closeAtThreadEnd(fd);
  }
  return ownership;
}

/** Whoever releases an Ownership drops it: the next Socket to hold it must be the only one. */
export function release(ownership: Ownership): void {
  const { descriptor } = ownership.location;
  descriptor?.system.keepAtThreadEnd(descriptor.fd);
  if (descriptor !== undefined && owned[descriptor.fd] === descriptor) owned[descriptor.fd] = undefined;
  ownership.location.descriptor = undefined;
  if (released.length < MOST_RELEASED) released.push(ownership);
}

function registered(): Ownership {
  const ownership = new Ownership();
  unclosed.register(ownership, ownership.location);
  return ownership;
}
