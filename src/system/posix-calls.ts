import type { MessageHeaders } from "./msghdr.ts";
import type { Calls, PollEntry } from "./system.ts";
import { lengthOf } from "./view.ts";

export type PosixLibc = typeof import("./posix-libc.ts");

/** The calls that Linux, macOS and FreeBSD share. */
export type PosixCalls = Pick<
  Calls,
  | "bind"
  | "close"
  | "connect"
  | "getpeername"
  | "getsockname"
  | "getsockopt"
  | "interfaceIndex"
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
    getsockopt(fd, level, name, value) {
      if (value.length > value.capacity) value.length = value.capacity;
      return result(libc.getsockopt(fd, level, name, value.pointer, value.lengthPointer));
    },
    interfaceIndex: (name) => libc.if_nametoindex(Buffer.from(`${name}\0`)),
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
