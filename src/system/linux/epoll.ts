import { defined } from "../../invariant.ts";
import { lastErrno, openLibraryOn } from "../../native/library.ts";
import { mapMemory } from "../../native/memory.ts";
import { EDGE, EXCEPTIONAL, READABLE, type ReadinessQueue, WRITABLE } from "../readiness-queue.ts";
import { close } from "./libc.ts";

const libc = openLibraryOn(["linux"], null);
const epollCreate1 = libc.func<(flags: number) => number>("epoll_create1", "int", ["int"]);
const epollCtl = libc.func<
  (epoll: number, operation: number, fd: number, event: Uint8Array | null) => number
>("epoll_ctl", "int", ["int", "int", "int", "void*"]);
const epollWait = libc.func<(epoll: number, events: bigint, scratch: number, timeout: number) => number>(
  "epoll_wait",
  "int",
  ["int", "void*", "int", "int"],
);

// include/uapi/linux/eventpoll.h
const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL = { add: 1, delete: 2 };
const EPOLLIN = 0x1;
const EPOLLPRI = 0x2;
const EPOLLOUT = 0x4;
const EPOLLERR = 0x8;
const EPOLLHUP = 0x10;
const EPOLLRDHUP = 0x2000;
const EPOLLET = 2 ** 31;

/** struct epoll_event is { __u32 events; __u64 data }, packed only on x64. In 32-bit words. */
const EVENT = process.arch === "x64" ? { data: 1, words: 3 } : { data: 2, words: 4 };
const BUFFER = 256;
const FOUND_BY_LOOK = "index is of an event that look() found";

// Shared by all queues of the thread, since the result of one poll is read before the next.
let found: { readonly pointer: bigint; readonly words: Uint32Array } | undefined;
const event = new Uint32Array(EVENT.words);
const eventBytes = new Uint8Array(event.buffer);

/** A new epoll instance, closed on exec, or a negative errno. */
export function openEpoll(): ReadinessQueue | number {
  const fd = result(epollCreate1(EPOLL_CLOEXEC));
  return fd < 0 ? fd : new Epoll(fd);
}

class Epoll implements ReadinessQueue {
  readonly fd: number;
  readonly tellsFailures = true;
  readonly #pointer: bigint;
  readonly #words: Uint32Array;

  constructor(fd: number) {
    this.fd = fd;
    found ??= mapFound();
    this.#pointer = found.pointer;
    this.#words = found.words;
  }

  add(fd: number, interest: number, slot: number, generation: number): number {
    event[0] =
      (interest & READABLE ? EPOLLIN | EPOLLRDHUP : 0) +
      (interest & WRITABLE ? EPOLLOUT : 0) +
      (interest & EDGE ? EPOLLET + EPOLLPRI : 0);
    event[EVENT.data] = slot;
    event[EVENT.data + 1] = generation;
    return result(epollCtl(this.fd, EPOLL_CTL.add, fd, eventBytes));
  }

  remove(fd: number): number {
    return result(epollCtl(this.fd, EPOLL_CTL.delete, fd, null));
  }

  look(): number {
    return result(epollWait(this.fd, this.#pointer, BUFFER, 0));
  }

  slot(index: number): number {
    return defined(this.#words[index * EVENT.words + EVENT.data], FOUND_BY_LOOK);
  }

  generation(index: number): number {
    return defined(this.#words[index * EVENT.words + EVENT.data + 1], FOUND_BY_LOOK);
  }

  ready(index: number): number {
    const events = defined(this.#words[index * EVENT.words], FOUND_BY_LOOK);
    let ready = 0;
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) ready |= READABLE;
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) ready |= WRITABLE;
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI)) ready |= EXCEPTIONAL;
    return ready;
  }

  close(): void {
    close(this.fd);
  }
}

function mapFound() {
  const { pointer, buffer } = mapMemory(BUFFER * EVENT.words * 4);
  return { pointer, words: new Uint32Array(buffer) };
}

function result(returned: number): number {
  return returned === -1 ? -lastErrno() : returned;
}
