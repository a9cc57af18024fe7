import { lastErrno, openLibraryOn } from "../../native/library.ts";
import { mapMemory } from "../../native/memory.ts";

const libc = openLibraryOn(["linux"], null);
const epollCreate1 = libc.func<(flags: number) => number>("epoll_create1", "int", ["int"]);
const epollCtl = libc.func<
  (epoll: number, operation: number, fd: number, event: Uint8Array | null) => number
>("epoll_ctl", "int", ["int", "int", "int", "void*"]);
const epollWait = libc.func<(epoll: number, events: bigint, room: number, timeout: number) => number>(
  "epoll_wait",
  "int",
  ["int", "void*", "int", "int"],
);

// include/uapi/linux/eventpoll.h
const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL = { add: 1, delete: 2, modify: 3 };
export const EPOLLIN = 0x1;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;

/** struct epoll_event is { __u32 events; __u64 data }, packed on x64 alone. */
const EVENT = process.arch === "x64" ? { data: 4, size: 12 } : { data: 8, size: 16 };
const ROOM = 256;

/** What epollWait() found: the caller's number of each ready descriptor, and its events. */
export interface ReadyEvent {
  readonly data: number;
  readonly events: number;
}

const ready = mapMemory(ROOM * EVENT.size);
const readyView = new DataView(ready.buffer);
const eventBytes = new Uint8Array(EVENT.size);
const eventView = new DataView(eventBytes.buffer);

/** A new epoll instance: its descriptor, closed on exec, or a negative errno. */
export function createEpoll(): number {
  return result(epollCreate1(EPOLL_CLOEXEC));
}

/** Has the descriptor watched, level-triggered; `data`, a whole number below 2^32, names it in what is found. */
export function addToEpoll(epoll: number, fd: number, events: number, data: number): number {
  return result(epollCtl(epoll, EPOLL_CTL.add, fd, event(events, data)));
}

/** Changes the events that are waited for. */
export function changeInEpoll(epoll: number, fd: number, events: number, data: number): number {
  return result(epollCtl(epoll, EPOLL_CTL.modify, fd, event(events, data)));
}

export function removeFromEpoll(epoll: number, fd: number): number {
  return result(epollCtl(epoll, EPOLL_CTL.delete, fd, null));
}

/** What is ready now, at most 256 of them; the kernel takes turns, so that the rest come first the next time. */
export function readyInEpoll(epoll: number): ReadyEvent[] {
  const count = epollWait(epoll, ready.pointer, ROOM, 0);
  return Array.from({ length: Math.max(0, count) }, (_, index) => ({
    events: readyView.getUint32(index * EVENT.size, true),
    data: readyView.getUint32(index * EVENT.size + EVENT.data, true),
  }));
}

function event(events: number, data: number): Uint8Array {
  eventView.setUint32(0, events, true);
  eventView.setUint32(EVENT.data, data, true);
  return eventBytes;
}

function result(returned: number): number {
  return returned === -1 ? -lastErrno() : returned;
}
