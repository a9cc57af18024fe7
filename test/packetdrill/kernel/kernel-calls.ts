import { lastErrno, openLibraryOn } from "../../../src/native/library.ts";
import { linux } from "../../../src/system/linux/linux.ts";
import type { EpollEvent, HostCalls } from "../host-calls.ts";

const libc = openLibraryOn(["linux"], null);
const fcntl = libc.variadic<(fd: number, command: number, argument: number) => number>(
  "fcntl",
  "int",
  ["int", "int"],
  ["int"],
);
const ioctl = libc.func<(fd: number, request: number, argument: Uint8Array) => number>("ioctl", "int", [
  "int",
  "size_t",
  "void*",
]);
const epollCreate = libc.func<(flags: number) => number>("epoll_create1", "int", ["int"]);
const epollCtl = libc.func<(epoll: number, operation: number, fd: number, event: Uint8Array) => number>(
  "epoll_ctl",
  "int",
  ["int", "int", "int", "void*"],
);
const epollWait = libc.func<(epoll: number, events: Uint8Array, count: number, timeout: number) => number>(
  "epoll_wait",
  "int",
  ["int", "void*", "int", "int"],
);
type Transfer = (fd: number, buffer: null, length: number, flags: number) => number;
const transfers = {
  send: libc.func<Transfer>("send", "ssize_t", ["int", "void*", "size_t", "int"]),
  receive: libc.func<Transfer>("recv", "ssize_t", ["int", "void*", "size_t", "int"]),
};

/** struct epoll_event is packed only on x64. */
const EVENT = process.arch === "x64" ? { data: 4, size: 12 } : { data: 8, size: 16 };

// Safety: every buffer lives as long as the call it is given to.
export const kernelCalls: HostCalls = {
  system: linux,
  fcntl: (fd, command, argument) => result(fcntl(fd, command, argument)),
  ioctl(fd, request) {
    const bytes = new Uint8Array(8);
    const returned = result(ioctl(fd, request, bytes));
    return { returned, value: new DataView(bytes.buffer).getInt32(0, true) };
  },
  // Safety: the kernel never touches memory at NULL; it fails with EFAULT.
  transferNull: (operation, fd, length, flags) =>
    result(Number(transfers[operation](fd, null, length, flags))),
  epollCreate: () => result(epollCreate(0)),
  epollCtl(epoll, operation, fd, event) {
    const bytes = new Uint8Array(EVENT.size);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, event.events, true);
    view.setUint32(EVENT.data, event.data, true);
    return result(epollCtl(epoll, operation, fd, bytes));
  },
  epollWait(epoll, count, timeout) {
    const bytes = new Uint8Array(EVENT.size * count);
    const found = result(epollWait(epoll, bytes, count, timeout));
    if (found < 0) return found;
    const view = new DataView(bytes.buffer);
    return Array.from({ length: found }, (_, index): EpollEvent => {
      const at = index * EVENT.size;
      return { events: view.getUint32(at, true), data: view.getUint32(at + EVENT.data, true) };
    });
  },
};

function result(returned: number): number {
  return returned === -1 ? -lastErrno() : returned;
}
