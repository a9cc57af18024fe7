import { lastErrno, openLibraryOn, type Pointer } from "../native/library.ts";
import type { Bytes } from "./value-result.ts";

const libc = openLibraryOn(["darwin", "freebsd", "linux"], null);

// The functions that the C libraries of Linux, macOS and FreeBSD share on 64-bit machines:
// prototypes as in <sys/socket.h>, <poll.h> and <net/if.h>. A `void*` is a mapped address, or a
// Uint8Array used only during the call: no call here keeps a pointer after it has returned. On the
// BSDs, nfds_t is shorter than size_t, but passed in the same register.
export const bind = libc.func<(fd: number, address: Bytes, length: number) => number>("bind", "int", [
  "int",
  "void*",
  "uint",
]);
export const close = libc.func<(fd: number) => number>("close", "int", ["int"]);
export const connect = libc.func<(fd: number, address: Bytes, length: number) => number>("connect", "int", [
  "int",
  "void*",
  "uint",
]);
export const getpeername = libc.func<(fd: number, address: Bytes, length: Bytes) => number>(
  "getpeername",
  "int",
  ["int", "void*", "void*"],
);
export const getprotobyname = libc.func<(name: Uint8Array) => Pointer | null>("getprotobyname", "void*", [
  "void*",
]);
export const getservbyname = libc.func<(name: Uint8Array, protocol: Uint8Array | null) => Pointer | null>(
  "getservbyname",
  "void*",
  ["void*", "void*"],
);
export const getsockname = libc.func<(fd: number, address: Bytes, length: Bytes) => number>(
  "getsockname",
  "int",
  ["int", "void*", "void*"],
);
export const getsockopt = libc.func<
  (fd: number, level: number, name: number, value: Bytes, length: Bytes) => number
>("getsockopt", "int", ["int", "int", "int", "void*", "void*"]);
export const if_freenameindex = libc.func<(names: Pointer) => void>("if_freenameindex", "void", ["void*"]);
export const if_indextoname = libc.func<(index: number, name: Uint8Array) => Pointer | null>(
  "if_indextoname",
  "void*",
  ["uint", "void*"],
);
export const if_nameindex = libc.func<() => Pointer | null>("if_nameindex", "void*", []);
export const if_nametoindex = libc.func<(name: Uint8Array) => number>("if_nametoindex", "uint", ["void*"]);
export const listen = libc.func<(fd: number, backlog: number) => number>("listen", "int", ["int", "int"]);
export const memcpy = libc.func<(to: Uint8Array, from: Pointer, size: number) => Pointer>("memcpy", "void*", [
  "void*",
  "void*",
  "size_t",
]);
export const poll = libc.func<(entries: Bytes, count: number, timeout: number) => number>("poll", "int", [
  "void*",
  "size_t",
  "int",
]);
export const recv = libc.func<(fd: number, buffer: Bytes, size: number, flags: number) => number>(
  "recv",
  "ssize_t",
  ["int", "void*", "size_t", "int"],
);
export const recvfrom = libc.func<
  (fd: number, buffer: Bytes, size: number, flags: number, address: Bytes, length: Bytes) => number
>("recvfrom", "ssize_t", ["int", "void*", "size_t", "int", "void*", "void*"]);
export const recvmsg = libc.func<(fd: number, message: Bytes, flags: number) => number>(
  "recvmsg",
  "ssize_t",
  ["int", "void*", "int"],
);
export const send = libc.func<(fd: number, buffer: Bytes, size: number, flags: number) => number>(
  "send",
  "ssize_t",
  ["int", "void*", "size_t", "int"],
);
export const sendmsg = libc.func<(fd: number, message: Bytes, flags: number) => number>(
  "sendmsg",
  "ssize_t",
  ["int", "void*", "int"],
);
export const sendto = libc.func<
  (fd: number, buffer: Bytes, size: number, flags: number, address: Bytes, length: number) => number
>("sendto", "ssize_t", ["int", "void*", "size_t", "int", "void*", "uint"]);
export const setsockopt = libc.func<
  (fd: number, level: number, name: number, value: Bytes | null, length: number) => number
>("setsockopt", "int", ["int", "int", "int", "void*", "uint"]);
export const shutdown = libc.func<(fd: number, how: number) => number>("shutdown", "int", ["int", "int"]);
export const sockatmark = libc.func<(fd: number) => number>("sockatmark", "int", ["int"]);
export const socket = libc.func<(domain: number, type: number, protocol: number) => number>("socket", "int", [
  "int",
  "int",
  "int",
]);
export const socketpair = libc.func<
  (domain: number, type: number, protocol: number, fds: Uint8Array) => number
>("socketpair", "int", ["int", "int", "int", "void*"]);
/** Copies a C string and pads it with NULs; like every copy here, only during the call. */
export const strncpy = libc.func<(to: Uint8Array, from: Pointer, size: number) => Pointer>(
  "strncpy",
  "void*",
  ["void*", "void*", "size_t"],
);

export const freeaddrinfo = libc.func<(list: Pointer) => void>("freeaddrinfo", "void", ["void*"]);
export const getaddrinfo = libc.func<
  (node: Uint8Array | null, service: Uint8Array | null, hints: Uint8Array, list: Uint8Array) => number
>("getaddrinfo", "int", ["void*", "void*", "void*", "void*"]);
export const getnameinfo = libc.func<
  (
    address: Bytes,
    length: number,
    host: Uint8Array,
    hostSize: number,
    service: Uint8Array,
    serviceSize: number,
    flags: number,
  ) => number
>("getnameinfo", "int", ["void*", "uint", "void*", "uint", "void*", "uint", "int"]);

export type PosixLibc = typeof import("./posix-libc.ts");

/** errno belongs to the thread, and the next call may change it, so it is read immediately. */
export const errno = lastErrno;
