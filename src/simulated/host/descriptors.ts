import { errnos } from "../../system/linux/errno.ts";
import type { Pollable, Registration } from "./epoll.ts";
import type { KernelSocket, OpenFile } from "./kernel-socket.ts";
import type { Sysctls } from "./sysctls.ts";

const { EMFILE } = errnos;

/** An open descriptor, as /proc/self/fdinfo shows one. */
export interface OpenDescriptor {
  readonly fd: number;
  readonly inode: number;
  readonly kind: "socket" | "readiness queue";
  readonly nonblocking: boolean;
  readonly closeOnExec: boolean;
}

/** The descriptors of the one process of a host: the lowest free number is next (POSIX). */
export class DescriptorTable {
  readonly #sysctls: Sysctls;
  /** By number; those of standard input, output and error are reserved. */
  readonly #entries: (Pollable | undefined)[] = [];
  /**
   * Those without close-on-exec. The flag has no other effect: a simulated process starts no
   * program.
   */
  readonly #inherited = new Set<number>();
  /** No number below it is free. */
  #lowest = FIRST;

  constructor(sysctls: Sysctls) {
    this.#sysctls = sysctls;
  }

  /** How many are open. */
  get size(): number {
    return this.#entries.reduce((count, entry) => count + (entry === undefined ? 0 : 1), 0);
  }

  /** RLIMIT_NOFILE. */
  get limit(): number {
    return this.#sysctls.get("fs.rlimit_nofile");
  }

  /** Assigns the lowest free number from `least` on, or returns -EMFILE. */
  open(entry: Pollable, closeOnExec: boolean, least = 0): number {
    const fd = this.#free(least);
    if (fd < 0) return fd;
    this.#entries[fd] = entry;
    if (!closeOnExec) this.#inherited.add(fd);
    if (least <= this.#lowest) this.#lowest = fd + 1;
    return fd;
  }

  /** Whether this many more can be opened. */
  canOpen(count = 1): boolean {
    const { limit } = this;
    let fd = this.#lowest;
    for (let found = 0; found < count; fd += 1) {
      if (fd >= limit) return false;
      if (this.#entries[fd] === undefined) found += 1;
    }
    return true;
  }

  get(fd: number): Pollable | undefined {
    return this.#entries[fd];
  }

  closesOnExec(fd: number): boolean {
    return !this.#inherited.has(fd);
  }

  setCloseOnExec(fd: number, closeOnExec: boolean): void {
    if (closeOnExec) this.#inherited.delete(fd);
    else this.#inherited.add(fd);
  }

  /** Frees a number. */
  close(fd: number): void {
    this.#entries[fd] = undefined;
    this.#inherited.delete(fd);
    if (fd < this.#lowest) this.#lowest = fd;
  }

  *entries(): IterableIterator<[fd: number, entry: Pollable]> {
    for (const [fd, entry] of this.#entries.entries()) if (entry !== undefined) yield [fd, entry];
  }

  /** `#lowest` is never above the lowest free number. */
  #free(least: number): number {
    let fd = Math.max(this.#lowest, least);
    while (fd < this.#entries.length && this.#entries[fd] !== undefined) fd += 1;
    return fd < this.limit ? fd : -EMFILE;
  }
}

const FIRST = 3;

/** A socket's file. */
export class SocketFile implements OpenFile, Pollable {
  readonly socket: KernelSocket;
  nonblocking: boolean;
  references = 1;
  firstWatcher: Registration | undefined = undefined;

  constructor(socket: KernelSocket, nonblocking: boolean) {
    this.socket = socket;
    this.nonblocking = nonblocking;
  }

  get inode(): number {
    return this.socket.cookie;
  }

  get file(): OpenFile {
    return this;
  }

  events(): number {
    return this.socket.events();
  }
}
