import { mapMemory } from "../../native/memory.ts";
import { closeAtThreadEnd, keepAtThreadEnd } from "../../native/thread-end.ts";
import { F_DUPFD, F_GETFD, F_GETFL, F_SETFD, FD_CLOEXEC, O_NONBLOCK } from "../bsd/fcntl.ts";
import { FIOCLEX, FIONBIO, flagOf } from "../bsd/ioctl.ts";
import { readHeaders, writeHeaders } from "../bsd/message-headers.ts";
import { CLOSE_ON_EXEC, NONBLOCKING } from "../descriptor-flags.ts";
import { bsdEai } from "../eai.ts";
import { flagIn } from "../flag-in.ts";
import { machineServices } from "../machine-services.ts";
import { messageMemory } from "../message-memory.ts";
import { noFilters } from "../no-filters.ts";
import { noSctp } from "../no-sctp.ts";
import { posixCalls } from "../posix-calls.ts";
import { receivingEnded } from "../receiving-ended.ts";
import type { System } from "../system.ts";
import { LENGTH_SIZE, OPTION_CAPACITY, ValueResult } from "../value-result.ts";
import { acceptQueue } from "./accept-queue.ts";
import { constants } from "./constants.ts";
import { errnos } from "./errno.ts";
import { identity } from "./identity.ts";
import * as libc from "./libc.ts";
import { freebsdNumbers } from "./numbers.ts";
import { tcpState } from "./tcp-state.ts";

export type FreebsdLibc = typeof libc;

const { SOCK } = constants;

/** sockaddr_storage (sys/_sockaddr_storage.h) has 128 bytes. */
const ADDRESS_SIZE = 128;

/** sys/fcntl.h */
export const F_DUPFD_CLOEXEC = 17;
/** The third argument of fcntl() as the integer 0, in the register of a pointer. */
const NOTHING = 0n;

/** The order in struct addrinfo of <netdb.h>, and its numbers. */
export const NETDB = { addr: 32, canonname: 24, eai: bsdEai };

/** FreeBSD, over its C library, or over a test's. */
export function freebsdOver(libc: FreebsdLibc): System {
  const result = (returned: number): number => (returned === -1 ? -libc.errno() : returned);

  const system: System = {
    ...freebsdNumbers,
    ...machineServices,
    address: new ValueResult(mapMemory(LENGTH_SIZE + ADDRESS_SIZE)),
    option: new ValueResult(mapMemory(LENGTH_SIZE + OPTION_CAPACITY)),
    messageMemory,
    ...noFilters(errnos.ENOPROTOOPT),
    ...noSctp(errnos.ENOPROTOOPT),
    ...posixCalls(libc, { readHeaders, writeHeaders }, NETDB),

    accept(fd, address, flags) {
      address.length = address.capacity;
      return result(libc.accept4(fd, address.pointer, address.lengthPointer, typeFlags(flags)));
    },
    dup: (fd, flags, least) =>
      result(libc.fcntl(fd, flags & CLOSE_ON_EXEC ? F_DUPFD_CLOEXEC : F_DUPFD, BigInt(least))),
    recvmmsg(fd, messages, flags) {
      const received = result(libc.recvmmsg(fd, writeHeaders(messages), messages.length, flags, null));
      readHeaders(messages, received);
      return received;
    },
    sendmmsg(fd, messages, flags) {
      const sent = result(libc.sendmmsg(fd, writeHeaders(messages), messages.length, flags));
      readHeaders(messages, sent);
      return sent;
    },
    socket: (domain, type, protocol, flags) => result(libc.socket(domain, type | typeFlags(flags), protocol)),
    ioctl: (fd, request, argument) => result(libc.ioctl(fd, request, argument.pointer)),
    socketpair(domain, type, protocol, fds, flags) {
      const bytes = new Uint8Array(fds.buffer, fds.byteOffset, 8);
      return result(libc.socketpair(domain, type | typeFlags(flags), protocol, bytes));
    },

    getNonblocking: (fd) => flagIn(result(libc.fcntl(fd, F_GETFL, NOTHING)), O_NONBLOCK),
    setNonblocking: (fd, nonblocking) => result(libc.ioctl(fd, FIONBIO, flagOf(nonblocking))),
    getCloseOnExec: (fd) => flagIn(result(libc.fcntl(fd, F_GETFD, NOTHING)), FD_CLOEXEC),
    setCloseOnExec: (fd, closeOnExec) =>
      result(closeOnExec ? libc.ioctl(fd, FIOCLEX, flagOf(true)) : libc.fcntl(fd, F_SETFD, NOTHING)),

    identity: (fd) => identity(libc, fd),
    tcpState: (fd) => tcpState(system, fd),
    receivingEnded: (fd) => receivingEnded(system, fd),
    acceptQueue: (fd) => acceptQueue(system, fd),
    closeAtThreadEnd,
    keepAtThreadEnd,
  };
  return system;
}

/**
 * socket(), socketpair() and accept4() take the flags with the type, so no fork can come in
 * between.
 */
function typeFlags(flags: number): number {
  return (flags & CLOSE_ON_EXEC ? SOCK.CLOEXEC : 0) | (flags & NONBLOCKING ? SOCK.NONBLOCK : 0);
}

/** FreeBSD: the kernel's sockets, through libc. */
export const freebsd = (): System => freebsdOver(libc);
