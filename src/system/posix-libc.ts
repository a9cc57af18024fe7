import type { Pointer, Prototypes } from "../native/library.ts";
import type { Bytes } from "./value-result.ts";

/**
 * The functions that the C libraries of Linux, macOS and FreeBSD share on 64-bit machines. A
 * `Bytes` is a mapped address, or a Uint8Array used only during the call: no call here keeps a
 * pointer after it has returned.
 */
export interface PosixFunctions {
  bind(fd: number, address: Bytes, length: number): number;
  close(fd: number): number;
  connect(fd: number, address: Bytes, length: number): number;
  freeaddrinfo(list: Pointer): void;
  getaddrinfo(
    node: Uint8Array | null,
    service: Uint8Array | null,
    hints: Uint8Array,
    list: Uint8Array,
  ): number;
  getnameinfo(
    address: Bytes,
    length: number,
    host: Uint8Array,
    hostSize: number,
    service: Uint8Array,
    serviceSize: number,
    flags: number,
  ): number;
  getpeername(fd: number, address: Bytes, length: Bytes): number;
  getprotobyname(name: Uint8Array): Pointer | null;
  getservbyname(name: Uint8Array, protocol: Uint8Array | null): Pointer | null;
  getsockname(fd: number, address: Bytes, length: Bytes): number;
  getsockopt(fd: number, level: number, name: number, value: Bytes, length: Bytes): number;
  if_freenameindex(names: Pointer): void;
  if_indextoname(index: number, name: Uint8Array): Pointer | null;
  if_nameindex(): Pointer | null;
  if_nametoindex(name: Uint8Array): number;
  listen(fd: number, backlog: number): number;
  memcpy(to: Uint8Array, from: Pointer, size: number): Pointer;
  poll(entries: Bytes, count: number, timeout: number): number;
  recv(fd: number, buffer: Bytes, size: number, flags: number): number;
  recvfrom(fd: number, buffer: Bytes, size: number, flags: number, address: Bytes, length: Bytes): number;
  recvmsg(fd: number, message: Bytes, flags: number): number;
  send(fd: number, buffer: Bytes, size: number, flags: number): number;
  sendmsg(fd: number, message: Bytes, flags: number): number;
  sendto(fd: number, buffer: Bytes, size: number, flags: number, address: Bytes, length: number): number;
  setsockopt(fd: number, level: number, name: number, value: Bytes | null, length: number): number;
  shutdown(fd: number, how: number): number;
  sockatmark(fd: number): number;
  socket(domain: number, type: number, protocol: number): number;
  socketpair(domain: number, type: number, protocol: number, fds: Uint8Array): number;
  /** Copies a C string and pads it with NULs; like every copy here, only during the call. */
  strncpy(to: Uint8Array, from: Pointer, size: number): Pointer;
}

export interface PosixLibc extends PosixFunctions {
  /** errno belongs to the thread, and the next call may change it, so it is read immediately. */
  errno(): number;
}

/**
 * Prototypes as in <sys/socket.h>, <netdb.h>, <poll.h> and <net/if.h>. On the BSDs, nfds_t is
 * shorter than size_t, but passed in the same register.
 */
export const posixPrototypes: Prototypes<PosixFunctions> = {
  bind: ["int", ["int", "void*", "uint"]],
  close: ["int", ["int"]],
  connect: ["int", ["int", "void*", "uint"]],
  freeaddrinfo: ["void", ["void*"]],
  getaddrinfo: ["int", ["void*", "void*", "void*", "void*"]],
  getnameinfo: ["int", ["void*", "uint", "void*", "uint", "void*", "uint", "int"]],
  getpeername: ["int", ["int", "void*", "void*"]],
  getprotobyname: ["void*", ["void*"]],
  getservbyname: ["void*", ["void*", "void*"]],
  getsockname: ["int", ["int", "void*", "void*"]],
  getsockopt: ["int", ["int", "int", "int", "void*", "void*"]],
  if_freenameindex: ["void", ["void*"]],
  if_indextoname: ["void*", ["uint", "void*"]],
  if_nameindex: ["void*", []],
  if_nametoindex: ["uint", ["void*"]],
  listen: ["int", ["int", "int"]],
  memcpy: ["void*", ["void*", "void*", "size_t"]],
  poll: ["int", ["void*", "size_t", "int"]],
  recv: ["ssize_t", ["int", "void*", "size_t", "int"]],
  recvfrom: ["ssize_t", ["int", "void*", "size_t", "int", "void*", "void*"]],
  recvmsg: ["ssize_t", ["int", "void*", "int"]],
  send: ["ssize_t", ["int", "void*", "size_t", "int"]],
  sendmsg: ["ssize_t", ["int", "void*", "int"]],
  sendto: ["ssize_t", ["int", "void*", "size_t", "int", "void*", "uint"]],
  setsockopt: ["int", ["int", "int", "int", "void*", "uint"]],
  shutdown: ["int", ["int", "int"]],
  sockatmark: ["int", ["int"]],
  socket: ["int", ["int", "int", "int"]],
  socketpair: ["int", ["int", "int", "int", "void*"]],
  strncpy: ["void*", ["void*", "void*", "size_t"]],
};
