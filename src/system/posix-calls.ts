import type { Pointer } from "../native/library.ts";
import type { MessageHeaders } from "./msghdr.ts";
import type { Calls, InterfaceName, PollEntry } from "./system.ts";
import { lengthOf } from "./view.ts";

export type PosixLibc = typeof import("./posix-libc.ts");

/** The calls that Linux, macOS and FreeBSD share. */
export type PosixCalls = Pick<
  Calls,
  | "bind"
  | "close"
  | "connect"
  | "getpeername"
  | "getprotobyname"
  | "getservbyname"
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

/** struct protoent is { char *p_name, **p_aliases; int p_proto } (<netdb.h>). */
const PROTOENT = { name: 0, proto: 16, size: 24 };
/** struct servent is { char *s_name, **s_aliases; int s_port; char *s_proto } (<netdb.h>). */
const SERVENT = { name: 0, port: 16, proto: 24, size: 32 };
/** Of all three systems. */
const ENOENT = 2;
/** Longer than any name in these tables; the rest of a longer one is left out. */
const NAME_SIZE = 256;

/** Safety: the C library keeps the structure until its next call. */
function copied(libc: PosixLibc, from: Pointer, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  libc.memcpy(bytes, from, size);
  return bytes;
}

function stringAt(libc: PosixLibc, at: Pointer): string {
  const bytes = Buffer.alloc(NAME_SIZE);
  libc.strncpy(bytes, at, NAME_SIZE);
  return stringOf(bytes);
}

/** A C string. */
function stringOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? bytes.byteLength : end);
}

/**
 * The calls over a C library: the system's, or a test's. Safety: no length passed to the kernel
 * reaches past the memory.
 */
export function posixCalls(libc: PosixLibc, { readHeaders, writeHeaders }: MessageHeaders): PosixCalls {
  const result = (returned: number): number => (returned === -1 ? -libc.errno() : returned);

  return {
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
    getprotobyname(name, into) {
      const found = libc.getprotobyname(Buffer.from(`${name}\0`));
      if (found === null) return -ENOENT;
      const entry = copied(libc, found, PROTOENT.size);
      const text = stringAt(libc, entry.readBigUInt64LE(PROTOENT.name));
      into.push({ name: text, protocol: entry.readInt32LE(PROTOENT.proto) });
      return 0;
    },
    getservbyname(name, protocol, into) {
      const of = protocol === null ? null : Buffer.from(`${protocol}\0`);
      const found = libc.getservbyname(Buffer.from(`${name}\0`), of);
      if (found === null) return -ENOENT;
      const entry = copied(libc, found, SERVENT.size);
      into.push({
        name: stringAt(libc, entry.readBigUInt64LE(SERVENT.name)),
        // An int in network byte order, of which the first two bytes count.
        port: entry.readUInt16BE(SERVENT.port),
        protocol: stringAt(libc, entry.readBigUInt64LE(SERVENT.proto)),
      });
      return 0;
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
    setsockopt: (fd, level, name, value) =>
      result(libc.setsockopt(fd, level, name, value.pointer, value.validLength)),
    shutdown: (fd, how) => result(libc.shutdown(fd, how)),
    sockatmark: (fd) => result(libc.sockatmark(fd)),
  };
}
