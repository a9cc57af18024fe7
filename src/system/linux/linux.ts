import { invariant } from "../../invariant.ts";
import { type Memory, mapMemory } from "../../native/memory.ts";
import { closeAtThreadEnd, keepAtThreadEnd } from "../../native/thread-end.ts";
import { CLOSE_ON_EXEC } from "../descriptor-flags.ts";
import { linuxEai } from "../eai.ts";
import { flagIn } from "../flag-in.ts";
import { machineServices } from "../machine-services.ts";
import { messageMemory } from "../message-memory.ts";
import { posixCalls } from "../posix-calls.ts";
import { receivingEnded } from "../receiving-ended.ts";
import type { System } from "../system.ts";
import { LENGTH_SIZE, OPTION_CAPACITY, ValueResult } from "../value-result.ts";
import { acceptQueue } from "./accept-queue.ts";
import { constants } from "./constants.ts";
import { errnos } from "./errno.ts";
import { identity } from "./identity.ts";
import * as libc from "./libc.ts";
import { lostError } from "./lost-error.ts";
import { readHeaders, writeHeaders } from "./msghdr.ts";
import { linuxNumbers } from "./numbers.ts";
import { options } from "./options.ts";
import { sctpCalls } from "./sctp.ts";
import { tcpState } from "./tcp-state.ts";
import { typeFlags } from "./type-flags.ts";

const { AF, MSG, SOCK, SOL } = constants;

/** The order in struct addrinfo of <netdb.h>, and its numbers. */
export const NETDB = { addr: 24, canonname: 32, eai: linuxEai };
const calls = posixCalls(libc, { readHeaders, writeHeaders }, NETDB);

// include/uapi/asm-generic/socket.h
const SO_ATTACH_FILTER = 26;
const SO_DETACH_FILTER = 27;
const SO_ATTACH_REUSEPORT_CBPF = 51;

/**
 * struct sock_fprog is { unsigned short len; struct sock_filter *filter }, and struct sock_filter
 * has 8 bytes, of which there are at most 4096 (linux/filter.h, linux/bpf_common.h).
 */
const SOCK_FPROG = 16;
const SOCK_FILTER = 8;
const MAX_FILTER = 4096 * SOCK_FILTER;

/** Mapped on first use. */
let filters: Memory | undefined;

/** Safety: the pointer is into our own mapping, in which the longest program fits. */
function attach(fd: number, option: number, filter: Uint8Array): number {
  invariant(filter.byteLength <= MAX_FILTER, "the longest program fits");
  filters ??= mapMemory(SOCK_FPROG + MAX_FILTER);
  const view = new DataView(filters.buffer);
  view.setUint16(0, filter.byteLength / SOCK_FILTER, true);
  view.setBigUint64(8, filters.pointer + BigInt(SOCK_FPROG), true);
  new Uint8Array(filters.buffer).set(filter, SOCK_FPROG);
  return result(libc.setsockopt(fd, SOL.SOCKET, option, filters.pointer, SOCK_FPROG));
}

/** The largest sockaddr is sockaddr_storage, 128 bytes (include/uapi/linux/socket.h). */
const address = new ValueResult(mapMemory(LENGTH_SIZE + 128));
/**
 * Longer than every option with its own descriptor; longer values (SO_PEERGROUPS) are read into
 * separate memory.
 */
const option = new ValueResult(mapMemory(LENGTH_SIZE + OPTION_CAPACITY));

// include/uapi/asm-generic/ioctls.h
const FIOCLEX = 0x5451;
const FIONCLEX = 0x5450;
const FIONBIO = 0x5421;
// include/uapi/linux/fcntl.h
const F_DUPFD = 0;
const F_DUPFD_CLOEXEC = 1030;
// include/uapi/asm-generic/fcntl.h
const F_GETFD = 1;
const F_GETFL = 3;
const FD_CLOEXEC = 0x1;
/** The off_t that sendfile() reads and advances during a call. */
const fileOffset = new BigInt64Array(1);
const fileOffsetBytes = new Uint8Array(fileOffset.buffer);

/** Safety: the kernel writes 8 bytes to the offset, and only during the call. */
function sendfile(fd: number, file: number, offset: number, count: number): number {
  fileOffset[0] = BigInt(offset);
  return result(libc.sendfile(fd, file, fileOffsetBytes, count));
}

const one = new Uint8Array(new Int32Array([1]).buffer);
const zero = new Uint8Array(4);

const { ECONNABORTED, EINVAL, EOPNOTSUPP } = errnos;

/** The family of a socket; undefined if the descriptor is not a socket. */
function domainOf(fd: number): number | undefined {
  const { level, number } = options.SO_DOMAIN;
  option.length = 4;
  return calls.getsockopt(fd, level, number, option) >= 0 ? option.ints[0] : undefined;
}

/**
 * The families whose sendmsg() rejects MSG_NOSIGNAL, as it does every flag that it does not know:
 * rds_sendmsg(), qrtr_sendmsg(), mctp_sendmsg(), ax25_sendmsg(), nr_sendmsg(), rose_sendmsg() and
 * x25_sendmsg(). Node, Bun and Deno ignore SIGPIPE.
 */
const strict: ReadonlySet<number | undefined> = new Set([
  ...[AF.AX25, AF.MCTP, AF.NETROM, AF.QIPCRTR, AF.RDS, AF.ROSE, AF.X25],
]);

/** The flags for a second attempt, if the family may have rejected MSG_NOSIGNAL. */
function acceptedFlags(fd: number, flags: number, returned: number): number | undefined {
  const rejected = returned === -EINVAL || returned === -EOPNOTSUPP;
  return rejected && flags & MSG.NOSIGNAL && strict.has(domainOf(fd)) ? flags & ~MSG.NOSIGNAL : undefined;
}

/**
 * An AF_ALG socket has no peer. If the caller requests its address, the kernel closes the accepted
 * socket, and reports ECONNABORTED (__sys_accept4_file in net/socket.c).
 */
function acceptUnnamed(fd: number, address: ValueResult, flags: number): number {
  address.length = 0;
  return result(libc.accept4(fd, null, null, typeFlags(flags)));
}

/** Linux: the kernel's sockets, through libc. */
export const linux: System = {
  ...linuxNumbers,
  ...machineServices,
  address,
  option,
  messageMemory,
  ...calls,
  ...sctpCalls,

  attachFilter: (fd, filter) => attach(fd, SO_ATTACH_FILTER, filter),
  attachReuseportFilter: (fd, filter) => attach(fd, SO_ATTACH_REUSEPORT_CBPF, filter),
  detachFilter: (fd) => result(libc.setsockopt(fd, SOL.SOCKET, SO_DETACH_FILTER, zero, 4)),
  accept(fd, address, flags) {
    address.length = address.capacity;
    const accepted = result(libc.accept4(fd, address.pointer, address.lengthPointer, typeFlags(flags)));
    return accepted === -ECONNABORTED && domainOf(fd) === AF.ALG
      ? acceptUnnamed(fd, address, flags)
      : accepted;
  },
  dup: (fd, flags, least) => result(libc.fcntl(fd, flags & CLOSE_ON_EXEC ? F_DUPFD_CLOEXEC : F_DUPFD, least)),
  ioctl: (fd, request, argument) => result(libc.ioctl(fd, request, argument.pointer)),
  recvmmsg(fd, messages, flags) {
    const received = result(libc.recvmmsg(fd, writeHeaders(messages), messages.length, flags, null));
    readHeaders(messages, received);
    return received;
  },
  send(fd, buffer, flags) {
    const sent = calls.send(fd, buffer, flags);
    const accepted = sent < 0 ? acceptedFlags(fd, flags, sent) : undefined;
    return accepted === undefined ? sent : calls.send(fd, buffer, accepted);
  },
  sendmsg(fd, message, flags) {
    const sent = calls.sendmsg(fd, message, flags);
    const accepted = sent < 0 ? acceptedFlags(fd, flags, sent) : undefined;
    return accepted === undefined ? sent : calls.sendmsg(fd, message, accepted);
  },
  sendto(fd, buffer, flags, address) {
    const sent = calls.sendto(fd, buffer, flags, address);
    const accepted = sent < 0 ? acceptedFlags(fd, flags, sent) : undefined;
    return accepted === undefined ? sent : calls.sendto(fd, buffer, accepted, address);
  },
  sendmmsg(fd, messages, flags) {
    const send = (flags: number) => result(libc.sendmmsg(fd, writeHeaders(messages), messages.length, flags));
    let sent = send(flags);
    const accepted = sent < 0 ? acceptedFlags(fd, flags, sent) : undefined;
    if (accepted !== undefined) sent = send(accepted);
    readHeaders(messages, sent);
    return sent;
  },
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

  ...(process.arch === "arm" || process.arch === "ia32" ? {} : { sendfile }),

  // SOCK_NONBLOCK is O_NONBLOCK (include/linux/net.h).
  getNonblocking: (fd) => flagIn(result(libc.fcntl(fd, F_GETFL, 0)), SOCK.NONBLOCK),
  setNonblocking: (fd, nonblocking) => result(libc.ioctl(fd, FIONBIO, nonblocking ? one : zero)),
  getCloseOnExec: (fd) => flagIn(result(libc.fcntl(fd, F_GETFD, 0)), FD_CLOEXEC),
  setCloseOnExec: (fd, closeOnExec) => result(libc.ioctl(fd, closeOnExec ? FIOCLEX : FIONCLEX, zero)),

  identity,
  closeAtThreadEnd,
  keepAtThreadEnd,
  lostError: (fd) => lostError(linux, fd),
  tcpState: (fd) => tcpState(linux, fd),
  receivingEnded: (fd) => receivingEnded(linux, fd),
  acceptQueue: (fd) => acceptQueue(linux, fd),
};

/** errno belongs to the thread, and the next call may change it, so it is read immediately. */
function result(returned: number): number {
  return returned === -1 ? -libc.errno() : returned;
}
