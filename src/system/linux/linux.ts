import { lastErrno } from "../../native/library.ts";
import { mapMemory } from "../../native/memory.ts";
import { closeAtThreadEnd, keepAtThreadEnd } from "../../native/thread-end.ts";
import { CLOSE_ON_EXEC, NONBLOCKING } from "../descriptor-flags.ts";
import { messageRoom } from "../message-room.ts";
import type { PollEntry, System } from "../system.ts";
import { LENGTH_SIZE, OPTION_CAPACITY, ValueResult } from "../value-result.ts";
import { lengthOf } from "../view.ts";
import { acceptQueue } from "./accept-queue.ts";
import { constants } from "./constants.ts";
import { identity } from "./identity.ts";
import * as libc from "./libc.ts";
import { readHeaders, writeHeaders } from "./msghdr.ts";
import { linuxNumbers } from "./numbers.ts";
import { receivingEnded, tcpState } from "./tcp-state.ts";

const { SOCK } = constants;

/** The largest sockaddr is sockaddr_storage, 128 bytes (include/uapi/linux/socket.h). */
const address = new ValueResult(mapMemory(LENGTH_SIZE + 128));
/** Longer than every option with a descriptor of its own; longer ones (SO_PEERGROUPS) are read into memory of their own. */
const option = new ValueResult(mapMemory(LENGTH_SIZE + OPTION_CAPACITY));

// include/uapi/asm-generic/ioctls.h
const FIONBIO = 0x5421;
const one = new Uint8Array(new Int32Array([1]).buffer);
const zero = new Uint8Array(4);

/** Linux: the kernel's sockets, through libc. */
export const linux: System = {
  ...linuxNumbers,
  address,
  option,
  messageRoom,

  accept(fd, address, flags) {
    address.length = address.capacity;
    return result(libc.accept4(fd, address.pointer, address.lengthPointer, typeFlags(flags)));
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
  socket: (domain, type, protocol, flags) => result(libc.socket(domain, type | typeFlags(flags), protocol)),
  socketpair: (domain, type, protocol, fds, flags) =>
    result(
      libc.socketpair(
        domain,
        type | typeFlags(flags),
        protocol,
        new Uint8Array(fds.buffer, fds.byteOffset, 8),
      ),
    ),

  setNonblocking: (fd, nonblocking) => result(libc.ioctl(fd, FIONBIO, nonblocking ? one : zero)),

  identity,
  closeAtThreadEnd,
  keepAtThreadEnd,
  tcpState: (fd) => tcpState(linux, fd),
  receivingEnded: (fd) => receivingEnded(linux, fd),
  interfaceIndex: (name) => libc.if_nametoindex(Buffer.from(`${name}\0`)),
  acceptQueue: (fd) => acceptQueue(linux, fd),
};

/** socket(), socketpair() and accept4() take them with the type, so no fork falls between. */
function typeFlags(flags: number): number {
  return (flags & CLOSE_ON_EXEC ? SOCK.CLOEXEC : 0) | (flags & NONBLOCKING ? SOCK.NONBLOCK : 0);
}

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
