import type { Pointer } from "../native/library.ts";
import type { MessageHeaders } from "./msghdr.ts";
import type { PosixLibc } from "./posix-libc.ts";
import { type NetdbCalls, type NetdbLayout, netdbCalls, stringOf } from "./posix-netdb.ts";
import type { Calls, InterfaceName, PollEntry } from "./system.ts";
import { lengthOf } from "./view.ts";

/** The calls that Linux, macOS and FreeBSD share. */
export type PosixCalls = NetdbCalls &
  Pick<
    Calls,
    | "bind"
    | "close"
    | "connect"
    | "getpeername"
    | "getsockname"
    | "getsockopt"
    | "if_indextoname"
    | "if_nameindex"
    | "if_nametoindex"
    | "listen"
    | "poll"
    | "recv"
    | "recvfrom"
    | "recvmsg"
    | "send"
    | "sendmsg"
    | "sendto"
    | "setsockopt"
    | "shutdown"
    | "sockatmark"
  >;

/** struct pollfd is { int fd; short events; short revents }. */
const POLLFD = 8;

/** struct if_nameindex is { unsigned if_index; char *if_name } (<net/if.h>). */
const IF_NAMEINDEX = { name: 8, size: 16 };
/** With the NUL: <net/if.h> of all three. */
const IF_NAMESIZE = 16;

/**
 * Copies what if_nameindex() allocated. Safety: the array ends with an entry of zeros, and no name
 * is longer than IF_NAMESIZE; it is freed only afterwards.
 */
function readNames(libc: PosixLibc, names: Pointer, into: InterfaceName[]): void {
  const entry = Buffer.alloc(IF_NAMEINDEX.size);
  const text = Buffer.alloc(IF_NAMESIZE);
  for (let at = names; ; at += BigInt(IF_NAMEINDEX.size)) {
    libc.memcpy(entry, at, IF_NAMEINDEX.size);
    const name = entry.readBigUInt64LE(IF_NAMEINDEX.name);
    if (name === 0n) return;
    libc.strncpy(text, name, IF_NAMESIZE);
    into.push({ index: entry.readUInt32LE(0), name: stringOf(text) });
  }
}

/**
 * The calls over a C library: the system's, or a test's. Safety: no length passed to the kernel
 * reaches past the memory.
 */
export function posixCalls(
  libc: PosixLibc,
  { readHeaders, writeHeaders }: MessageHeaders,
  netdb: NetdbLayout,
): PosixCalls {
  const result = (returned: number): number => (returned === -1 ? -libc.errno() : returned);

  return {
    ...netdbCalls(libc, netdb),
    bind: (fd, address) => result(libc.bind(fd, address.pointer, address.validLength)),
    close: (fd) => result(libc.close(fd)),
    connect: (fd, address) => result(libc.connect(fd, address.pointer, address.validLength)),
    getpeername(fd, address) {
      address.length = address.capacity;
      return result(libc.getpeername(fd, address.pointer, address.lengthPointer));
    },
    getsockname(fd, address) {
      address.length = address.capacity;
      return result(libc.getsockname(fd, address.pointer, address.lengthPointer));
    },
    getsockopt(fd, level, name, value) {
      if (value.length > value.capacity) value.length = value.capacity;
      return result(libc.getsockopt(fd, level, name, value.pointer, value.lengthPointer));
    },
    if_indextoname: (index, name) => (libc.if_indextoname(index, name) === null ? -libc.errno() : 0),
    if_nameindex(into) {
      const names = libc.if_nameindex();
      if (names === null) return -libc.errno();
      readNames(libc, names, into);
      libc.if_freenameindex(names);
      return into.length;
    },
    if_nametoindex: (name) => libc.if_nametoindex(Buffer.from(`${name}\0`)) || -libc.errno(),
    listen: (fd, backlog) => result(libc.listen(fd, backlog)),
    poll(entries: PollEntry[], timeout: number): number {
      const bytes = new Uint8Array(entries.length * POLLFD);
      const view = new DataView(bytes.buffer);
      for (const [index, entry] of entries.entries()) {
        view.setInt32(index * POLLFD, entry.fd, true);
        view.setInt16(index * POLLFD + 4, entry.events, true);
      }
      const ready = result(libc.poll(bytes, entries.length, timeout));
      for (const [index, entry] of entries.entries()) {
        entry.revents = view.getInt16(index * POLLFD + 6, true);
      }
      return ready;
    },
    recv: (fd, buffer, flags) => result(libc.recv(fd, buffer, lengthOf(buffer), flags)),
    recvfrom(fd, buffer, flags, address) {
      address.length = address.capacity;
      return result(
        libc.recvfrom(fd, buffer, lengthOf(buffer), flags, address.pointer, address.lengthPointer),
      );
    },
    recvmsg(fd, message, flags) {
      const received = result(libc.recvmsg(fd, writeHeaders([message]), flags));
      if (received >= 0) readHeaders([message], 1);
      return received;
    },
    send: (fd, buffer, flags) => result(libc.send(fd, buffer, lengthOf(buffer), flags)),
    sendmsg: (fd, message, flags) => result(libc.sendmsg(fd, writeHeaders([message]), flags)),
    sendto: (fd, buffer, flags, address) =>
      result(libc.sendto(fd, buffer, lengthOf(buffer), flags, address.pointer, address.validLength)),
    // Options without a value must have no pointer either (tipc_setsockopt in net/tipc/socket.c).
    setsockopt: (fd, level, name, { pointer, validLength: length }) =>
      result(libc.setsockopt(fd, level, name, length === 0 ? null : pointer, length)),
    shutdown: (fd, how) => result(libc.shutdown(fd, how)),
    sockatmark: (fd) => result(libc.sockatmark(fd)),
  };
}
