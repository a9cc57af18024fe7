import { lastErrno } from "../../native/library.ts";
import { mapMemory } from "../../native/memory.ts";
import type { PollEntry, System } from "../system.ts";
import { LENGTH_SIZE, OPTION_CAPACITY, ValueResult } from "../value-result.ts";
import { lengthOf } from "../view.ts";
import { acceptQueue } from "./accept-queue.ts";
import { constants } from "./constants.ts";
import { controlName, controls } from "./controls.ts";
import { errnos } from "./errno.ts";
import { identity } from "./identity.ts";
import * as libc from "./libc.ts";
import { messageRoom } from "./message-room.ts";
import { readHeaders, writeHeaders } from "./msghdr.ts";
import { options, pointerOptions } from "./options.ts";

const names = new Map(Object.entries(errnos).map(([name, number]) => [number, name]));

/** The largest sockaddr is sockaddr_storage, 128 bytes (include/uapi/linux/socket.h). */
const address = new ValueResult(mapMemory(LENGTH_SIZE + 128));
/** Longer than every option with a descriptor of its own; longer ones (SO_PEERGROUPS) are read into memory of their own. */
const option = new ValueResult(mapMemory(LENGTH_SIZE + OPTION_CAPACITY));

/** Linux: the kernel's sockets, through libc. */
export const linux: System = {
  name: "linux",
  constants,
  errnos,
  errnoName: (errno) => names.get(errno),
  options,
  pointerOptions,
  sockaddr: { lengthByte: false, sunPathSize: 108 },
  controls,
  controlName,
  cmsg: { headerSize: 16, alignment: 8, lengthSize: 8 },
  address,
  option,
  messageRoom,

  accept(fd, address, flags) {
    address.length = address.capacity;
    return result(libc.accept4(fd, address.pointer, address.lengthPointer, flags));
  },
  // Safety: no length that the kernel is given is past the memory, whatever was written there.
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
  listen: (fd, backlog) => result(libc.listen(fd, backlog)),
  poll,
  recv: (fd, buffer, flags) => result(libc.recv(fd, buffer, lengthOf(buffer), flags)),
  recvfrom(fd, buffer, flags, address) {
    address.length = address.capacity;
    return result(libc.recvfrom(fd, buffer, lengthOf(buffer), flags, address.pointer, address.lengthPointer));
  },
  recvmmsg(fd, messages, flags) {
    const received = result(libc.recvmmsg(fd, writeHeaders(messages), messages.length, flags, null));
    readHeaders(messages, received);
    return received;
  },
  recvmsg(fd, message, flags) {
    const received = result(libc.recvmsg(fd, writeHeaders([message]), flags));
    if (received >= 0) readHeaders([message], 1);
    return received;
  },
  send: (fd, buffer, flags) => result(libc.send(fd, buffer, lengthOf(buffer), flags)),
  sendmmsg(fd, messages, flags) {
    const sent = result(libc.sendmmsg(fd, writeHeaders(messages), messages.length, flags));
    readHeaders(messages, sent);
    return sent;
  },
  sendmsg: (fd, message, flags) => result(libc.sendmsg(fd, writeHeaders([message]), flags)),
  sendto: (fd, buffer, flags, address) =>
    result(libc.sendto(fd, buffer, lengthOf(buffer), flags, address.pointer, address.validLength)),
  setsockopt: (fd, level, name, value) =>
    result(libc.setsockopt(fd, level, name, value.pointer, value.validLength)),
  shutdown: (fd, how) => result(libc.shutdown(fd, how)),
  sockatmark: (fd) => result(libc.sockatmark(fd)),
  socket: (domain, type, protocol) => result(libc.socket(domain, type, protocol)),
  socketpair: (domain, type, protocol, fds) =>
    result(libc.socketpair(domain, type, protocol, new Uint8Array(fds.buffer, fds.byteOffset, 8))),

  identity,
  interfaceIndex: (name) => libc.if_nametoindex(Buffer.from(`${name}\0`)),
  acceptQueue: (fd) => acceptQueue(linux, fd),
};

/** errno belongs to the thread and the next call may change it, so it is read here, at once. */
function result(returned: number): number {
  return returned === -1 ? -lastErrno() : returned;
}

/** struct pollfd is { int fd; short events; short revents } (include/uapi/asm-generic/poll.h). */
function poll(entries: PollEntry[], timeout: number): number {
  const bytes = new Uint8Array(entries.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, entry] of entries.entries()) {
    view.setInt32(index * 8, entry.fd, true);
    view.setInt16(index * 8 + 4, entry.events, true);
  }
  const ready = result(libc.poll(bytes, entries.length, timeout));
  for (const [index, entry] of entries.entries()) entry.revents = view.getInt16(index * 8 + 6, true);
  return ready;
}
