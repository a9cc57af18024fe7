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
  if (!system.capabilities.closesLeaks) return;
  system.keepAtThreadEnd(fd);
  const now = system.identity(fd);
  if (now === null || now.inode !== file.inode || now.device !== file.device) return;
  system.close(fd);
  process.emitWarning(
    `a Socket (descriptor ${fd}) was garbage-collected while open and has now been closed; call ` +
      `close(socket), or declare it with \`using\``,
    "SocketLeakWarning",
  );
});

/**
 * Released ownerships, for reuse: registering one takes 0.5 us, a fifth of an accept() in C.
 */
const released: Ownership[] = [];
const MOST_RELEASED = 1000;

/** The descriptors of one System, by number. */
class Descriptors {
  /**
   * Owned descriptors. With two owners, the second would close an unrelated file that got the
   * number after the first closed it.
   */
  readonly owned: (Descriptor | undefined)[] = [];
  /**
   * The number of engine handles with each descriptor number. Briefly two, when a closed
   * descriptor's number is reused before its handle learns of the close.
   */
  inEngine = new Uint8Array(1024);
}

const systems = new WeakMap<System, Descriptors>();
/** The System used last: the machine's, in a program without a simulation. */
let last: { readonly system: System; readonly descriptors: Descriptors } | undefined;

function descriptorsOf(system: System): Descriptors {
  if (last?.system === system) return last.descriptors;
  let descriptors = systems.get(system);
  if (descriptors === undefined) {
    descriptors = new Descriptors();
    systems.set(system, descriptors);
  }
  last = { system, descriptors };
  return descriptors;
}

/** Whether a descriptor has an unreleased owner and still refers to the same file. */
export function isOwned(system: System, fd: number): boolean {
  const owner = descriptorsOf(system).owned[fd];
  if (owner === undefined) return false;
  const now = system.identity(fd);
  return now !== null && now.inode === owner.file.inode && now.device === owner.file.device;
}

/**
 * Owns a descriptor that is being prepared for an engine, until `releasePrepared()`. That saves the
 * call that identifies its file: nothing closes it if it is garbage-collected.
 */
export function ownPrepared(system: System, fd: number): void {
  engineOpened(system, fd);
  system.closeAtThreadEnd(fd);
}

export function releasePrepared(system: System, fd: number): void {
  system.keepAtThreadEnd(fd);
  engineClosed(system, fd);
}

/** Records that an engine now owns the descriptor and will close it. */
export function engineOpened(system: System, fd: number): void {
  const descriptors = descriptorsOf(system);
  if (fd >= descriptors.inEngine.length) {
    const larger = new Uint8Array(Math.max(fd + 1, 2 * descriptors.inEngine.length));
    larger.set(descriptors.inEngine);
    descriptors.inEngine = larger;
  }
  descriptors.inEngine[fd] = (descriptors.inEngine[fd] ?? 0) + 1;
}

/** Records that an engine has closed the descriptor. */
export function engineClosed(system: System, fd: number): void {
  const { inEngine } = descriptorsOf(system);
  const count = inEngine[fd];
  invariant(count !== undefined && count > 0, "engineOpened() was called for the descriptor");
  inEngine[fd] = count - 1;
}

/** Whether an engine of this thread owns the descriptor. */
export function isInEngine(system: System, fd: number): boolean {
  return (descriptorsOf(system).inEngine[fd] ?? 0) > 0;
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
    descriptorsOf(system).owned[fd] = descriptor;
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
  if (descriptor !== undefined) {
    descriptor.system.keepAtThreadEnd(descriptor.fd);
    const { owned } = descriptorsOf(descriptor.system);
    if (owned[descriptor.fd] === descriptor) owned[descriptor.fd] = undefined;
  }
  ownership.location.descriptor = undefined;
  if (released.length < MOST_RELEASED) released.push(ownership);
}

function registered(): Ownership {
  const ownership = new Ownership();
  unclosed.register(ownership, ownership.location);
  return ownership;
}
