import { invariant } from "../invariant.ts";
import type { FileIdentity, System } from "../system/system.ts";

/** The data the finalizer needs to close this descriptor and no other. */
interface Descriptor {
  readonly system: System;
  readonly fd: number;
  readonly file: FileIdentity;
}

/**
 * Holds the descriptor for the finalizer, if there is one. It must not reference the Ownership,
 * which could then never be collected.
 */
interface Location {
  descriptor: Descriptor | undefined;
}

/** Referenced by one Socket and nothing else, so it is garbage-collected with the Socket. */
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
    `a Socket (descriptor ${fd}) was garbage-collected while open and has now been closed; call close(socket), or declare it with \`using\``,
    "SocketLeakWarning",
  );
});

/**
 * Released ownerships, for reuse: registering one takes 0.5 us, a fifth of an accept() in C.
 */
const released: Ownership[] = [];
const MOST_RELEASED = 1000;

/**
 * Owned descriptors by number. With two owners, the second would close an unrelated file that got
 * the number after the first closed it.
 */
const owned: (Descriptor | undefined)[] = [];

/** Whether a descriptor has an unreleased owner and still refers to the same file. */
export function isOwned(system: System, fd: number): boolean {
  const owner = owned[fd];
  if (owner === undefined || owner.system !== system) return false;
  const now = system.identity(fd);
  return now !== null && now.inode === owner.file.inode && now.device === owner.file.device;
}

/**
 * The number of engine handles with this descriptor number. Briefly two, when a closed descriptor's
 * number is reused before its handle learns of the close.
 */
let inEngine = new Uint8Array(1024);

/** Records that an engine now owns the descriptor and will close it. */
export function engineOpened(fd: number): void {
  if (fd >= inEngine.length) {
    const larger = new Uint8Array(Math.max(fd + 1, 2 * inEngine.length));
    larger.set(inEngine);
    inEngine = larger;
  }
  inEngine[fd] = (inEngine[fd] ?? 0) + 1;
}

/** Records that an engine has closed the descriptor. */
export function engineClosed(fd: number): void {
  const count = inEngine[fd];
  invariant(count !== undefined && count > 0, "engineOpened() was called for the descriptor");
  inEngine[fd] = count - 1;
}

/** Whether an engine of this thread owns the descriptor. */
export function isInEngine(fd: number): boolean {
  return (inEngine[fd] ?? 0) > 0;
}

/**
 * Owns a descriptor until it is released. If the Ownership is garbage-collected first, the
 * descriptor is closed.
 */
export function own(system: System, fd: number): Ownership {
  const ownership = released.pop() ?? registered();
  const file = system.identity(fd);
  // Without an identity the descriptor is already closed: nothing to watch.
  if (file !== null) {
    const descriptor = { system, fd, file };
    ownership.location.descriptor = descriptor;
    owned[fd] = descriptor;
    system.closeAtThreadEnd(fd);
  }
  return ownership;
}

/**
 * Releases an Ownership for reuse. The caller must drop its reference: the next Socket must hold
 * the only one.
 */
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
