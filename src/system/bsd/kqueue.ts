import { lastErrno, openLibraryOn } from "../../native/library.ts";
import { EDGE, EXCEPTIONAL, READABLE, type ReadinessQueue, WRITABLE } from "../readiness-queue.ts";
import {
  EV,
  EVFILT,
  filterAt,
  flagsAt,
  generationAt,
  type KEVENT_SIZE,
  slotAt,
  writeKevent,
} from "./kevent.ts";

/** The calls that a kqueue needs: the C library's, or a test's. */
export interface KqueueLibc {
  kqueue(): number;
  kevent(
    queue: number,
    changes: Uint8Array | null,
    changeCount: number,
    events: Uint8Array | null,
    buffer: number,
    timeout: Uint8Array | null,
  ): number;
  close(fd: number): number;
  errno(): number;
}

const BUFFER = 256;
/** A zero struct timespec: two 64-bit words. */
const AT_ONCE = new Uint8Array(16);

/**
 * Returns a new kqueue, or a negative errno. Child processes do not inherit it (kqueue(2)). Written
 * from the headers and the manual page; not run on a BSD yet.
 */
export function openKqueue(
  size: (typeof KEVENT_SIZE)[keyof typeof KEVENT_SIZE],
  errnos: { readonly ENOENT: number },
  libc: KqueueLibc = hostLibc(),
): ReadinessQueue | number {
  const fd = libc.kqueue();
  return fd < 0 ? -libc.errno() : new Kqueue(fd, size, -errnos.ENOENT, libc);
}

class Kqueue implements ReadinessQueue {
  readonly fd: number;
  /** It is not certain that a failed connect() is always reported as EXCEPTIONAL. */
  readonly tellsFailures = false;
  readonly #size: number;
  readonly #notThere: number;
  readonly #libc: KqueueLibc;
  readonly #changes: Uint8Array;
  readonly #changesView: DataView;
  readonly #events: Uint8Array;
  readonly #eventsView: DataView;

  constructor(fd: number, size: number, notThere: number, libc: KqueueLibc) {
    this.fd = fd;
    this.#size = size;
    this.#notThere = notThere;
    this.#libc = libc;
    this.#changes = new Uint8Array(2 * size);
    this.#changesView = new DataView(this.#changes.buffer);
    this.#events = new Uint8Array(BUFFER * size);
    this.#eventsView = new DataView(this.#events.buffer);
  }

  add(fd: number, interest: number, slot: number, generation: number): number {
    const flags = EV.ADD | (interest & EDGE ? EV.CLEAR : 0);
    let count = 0;
    if (interest & READABLE) this.#write(count++, fd, EVFILT.READ, flags, slot, generation);
    if (interest & WRITABLE) this.#write(count++, fd, EVFILT.WRITE, flags, slot, generation);
    return this.#change(count);
  }

  remove(fd: number): number {
    const reading = this.#delete(fd, EVFILT.READ);
    const writing = this.#delete(fd, EVFILT.WRITE);
    return reading === this.#notThere ? writing : writing === this.#notThere ? reading : reading || writing;
  }

  look(): number {
    return this.#result(this.#libc.kevent(this.fd, null, 0, this.#events, BUFFER, AT_ONCE));
  }

  slot(index: number): number {
    return slotAt(this.#eventsView, index * this.#size);
  }

  generation(index: number): number {
    return generationAt(this.#eventsView, index * this.#size);
  }

  /**
   * Each direction is a separate event. A short read may have stopped at urgent data, which
   * EVFILT_READ does not report.
   */
  ready(index: number): number {
    const at = index * this.#size;
    if (filterAt(this.#eventsView, at) === EVFILT.READ) return READABLE | EXCEPTIONAL;
    return flagsAt(this.#eventsView, at) & EV.EOF ? WRITABLE | EXCEPTIONAL : WRITABLE;
  }

  close(): void {
    this.#libc.close(this.fd);
  }

  #delete(fd: number, filter: number): number {
    this.#write(0, fd, filter, EV.DELETE, 0, 0);
    return this.#change(1);
  }

  #write(index: number, ident: number, filter: number, flags: number, slot: number, generation: number) {
    writeKevent(this.#changesView, index * this.#size, this.#size, {
      ident,
      filter,
      flags,
      slot,
      generation,
    });
  }

  #change(count: number): number {
    return this.#result(this.#libc.kevent(this.fd, this.#changes, count, null, 0, null));
  }

  #result(returned: number): number {
    return returned === -1 ? -this.#libc.errno() : returned;
  }
}

let libc: KqueueLibc | undefined;

/** On FreeBSD, the 64-byte kevent: dlsym(3) finds the newest version of a symbol (FBSD_1.5). */
function hostLibc(): KqueueLibc {
  if (libc !== undefined) return libc;
  const library = openLibraryOn(["darwin", "freebsd"], null);
  libc = {
    kqueue: library.func<KqueueLibc["kqueue"]>("kqueue", "int", []),
    kevent: library.func<KqueueLibc["kevent"]>("kevent", "int", [
      "int",
      "void*",
      "int",
      "void*",
      "int",
      "void*",
    ]),
    close: library.func<KqueueLibc["close"]>("close", "int", ["int"]),
    errno: lastErrno,
  };
  return libc;
}
