import { defined } from "../../invariant.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { EDGE, EXCEPTIONAL, READABLE, type ReadinessQueue, WRITABLE } from "../../system/readiness-queue.ts";
import { Scheduled } from "../clock/virtual-clock.ts";
import type { OpenFile } from "./kernel-socket.ts";

const { POLL } = constants;
const { EBADF, EEXIST, EINVAL, ENOENT } = errnos;

const LIMIT = 256;
const FOUND_BY_LOOK = "index is of an event that look() found";

/** Which events wake for an interest: as system/linux/epoll.ts asks the kernel for them. */
function wanted(interest: number): number {
  let events = POLL.ERR | POLL.HUP;
  if (interest & READABLE) events |= POLL.IN | POLL.RDHUP;
  if (interest & WRITABLE) events |= POLL.OUT;
  if (interest & EDGE) events |= POLL.PRI;
  return events;
}

/** Something that a descriptor refers to: a socket, or a readiness queue. */
export interface Pollable {
  /** The events of poll() that hold now. */
  events(): number;
  /** The socket, unless it is a readiness queue. */
  readonly file: OpenFile | undefined;
  readonly inode: number;
  /** The registrations that watch it, as a linked list. */
  firstWatcher: Registration | undefined;
}

/** A descriptor that a queue watches: the kernel's struct epitem. */
export class Registration {
  readonly queue: Epoll;
  readonly pollable: Pollable;
  readonly fd: number;
  readonly events: number;
  readonly edge: boolean;
  readonly slot: number;
  readonly generation: number;
  /** The next that watches the same. */
  nextWatcher: Registration | undefined = undefined;

  constructor(
    queue: Epoll,
    pollable: Pollable,
    fd: number,
    interest: number,
    { slot, generation }: { slot: number; generation: number },
  ) {
    this.queue = queue;
    this.pollable = pollable;
    this.fd = fd;
    this.events = wanted(interest);
    this.edge = (interest & EDGE) !== 0;
    this.slot = slot;
    this.generation = generation;
  }
}

/** What a queue needs from its host. */
export interface EpollHost {
  pollable(fd: number): Pollable | undefined;
  watch(registration: Registration): void;
  unwatch(registration: Registration): void;
  /** Runs a queue's `due()` from the program queue. */
  wakeProgram(item: Scheduled): void;
  /** Events of the queue itself began: other queues and poll() may watch it. */
  queueChanged(queue: Epoll): void;
  closeDescriptor(fd: number): void;
}

/** A readiness queue of a simulated host, with the semantics of epoll(7). */
export class Epoll extends Scheduled implements ReadinessQueue, Pollable {
  readonly tellsFailures = true;
  readonly file: OpenFile | undefined = undefined;
  firstWatcher: Registration | undefined = undefined;
  readonly inode: number;
  fd = -1;
  readonly #host: EpollHost;
  readonly #call: () => void;
  readonly #registrations = new Set<Registration>();
  /**
   * The ready list: registrations that may have events, in the order in which they became ready.
   */
  readonly #ready = new Set<Registration>();
  readonly #found: { registration: Registration; events: number }[] = [];
  #closed = false;

  constructor(host: EpollHost, inode: number, ready: () => void) {
    super();
    this.#host = host;
    this.inode = inode;
    this.#call = ready;
  }

  add(fd: number, interest: number, slot: number, generation: number): number {
    const pollable = this.#host.pollable(fd);
    if (pollable === undefined || this.#closed) return -EBADF;
    if (pollable === this) return -EINVAL;
    if (this.#find(fd, pollable) !== undefined) return -EEXIST;
    const registration = new Registration(this, pollable, fd, interest, { slot, generation });
    this.#registrations.add(registration);
    this.#host.watch(registration);
    if (pollable.events() & registration.events) this.wake(registration);
    return 0;
  }

  remove(fd: number): number {
    const pollable = this.#host.pollable(fd);
    if (pollable === undefined) return -EBADF;
    const registration = this.#find(fd, pollable);
    if (registration === undefined) return -ENOENT;
    this.forget(registration);
    return 0;
  }

  /** The kernel's key is the file and the number. */
  #find(fd: number, pollable: Pollable): Registration | undefined {
    let found = pollable.firstWatcher;
    while (found !== undefined && (found.queue !== this || found.fd !== fd)) found = found.nextWatcher;
    return found;
  }

  look(): number {
    const found = this.#found;
    found.length = 0;
    // Those that stay go to the end of the list, so one pass over it ends.
    let left = this.#ready.size;
    for (const registration of this.#ready) {
      if (left === 0 || found.length === LIMIT) break;
      left -= 1;
      this.#ready.delete(registration);
      const events = registration.pollable.events() & registration.events;
      if (events === 0) continue;
      found.push({ registration, events });
      if (!registration.edge) this.#ready.add(registration);
    }
    if (this.#ready.size > 0) this.#host.wakeProgram(this);
    return found.length;
  }

  slot(index: number): number {
    return defined(this.#found[index], FOUND_BY_LOOK).registration.slot;
  }

  generation(index: number): number {
    return defined(this.#found[index], FOUND_BY_LOOK).registration.generation;
  }

  ready(index: number): number {
    const { events } = defined(this.#found[index], FOUND_BY_LOOK);
    let ready = 0;
    if (events & (POLL.IN | POLL.RDHUP | POLL.HUP | POLL.ERR)) ready |= READABLE;
    if (events & (POLL.OUT | POLL.HUP | POLL.ERR)) ready |= WRITABLE;
    if (events & (POLL.RDHUP | POLL.HUP | POLL.ERR | POLL.PRI)) ready |= EXCEPTIONAL;
    return ready;
  }

  close(): void {
    if (this.#closed) return;
    this.#host.closeDescriptor(this.fd);
  }

  /** Its descriptor was closed. */
  closed(): void {
    this.#closed = true;
    for (const registration of [...this.#registrations]) this.forget(registration);
  }

  /** Puts a registration on the ready list: ep_poll_callback(). */
  wake(registration: Registration): void {
    if (this.#ready.has(registration)) return;
    this.#ready.add(registration);
    this.#host.wakeProgram(this);
    this.#host.queueChanged(this);
  }

  /** Stops watching: EPOLL_CTL_DEL, or the file was closed. */
  forget(registration: Registration): void {
    this.#registrations.delete(registration);
    this.#ready.delete(registration);
    this.#host.unwatch(registration);
  }

  events(): number {
    for (const registration of this.#ready) {
      if (registration.pollable.events() & registration.events) return POLL.IN | POLL.RDNORM;
      this.#ready.delete(registration);
    }
    return 0;
  }

  /** The program queue runs this: calls the program if there are still events. */
  override due(): void {
    if (!this.#closed && this.events() !== 0) this.#call();
  }

  /** What its program is waiting for, for the report of a deadlock. */
  *waits(): IterableIterator<Registration> {
    yield* this.#registrations;
  }
}
