import type { System } from "../system.ts";
import { constants } from "./constants.ts";
import { errnos } from "./errno.ts";
import { ioctls } from "./ioctls.ts";
import { options } from "./options.ts";

/** include/net/tcp_states.h */
const TCP_CLOSE = 7;

/** Offsets in struct tcp_info (linux/tcp.h). */
const STATE = 0;
const RETRANSMITS = 2;
const PROBES = 3;
const LAST_ACK_RECV = 56;
const TCP_INFO_SIZE = 60;

/** Offsets in struct cmsghdr, and CMSG_ALIGN's. */
const CMSG = { len: 0, level: 8, type: 12, data: 16, alignment: 8 };

/** TCP retransmits for at least 100 seconds (RFC 1122, 4.2.3.5), unless TCP_USER_TIMEOUT is set. */
const LEAST_TIMEOUT = 100_000;

const { MSG } = constants;
const { ECONNRESET, EPIPE, ETIMEDOUT } = errnos;

const peeked = new Uint8Array(1);

/**
 * The error that ended a TCP connection, after a call has consumed it without reporting it; 0 if
 * the socket is not TCP or not closed. The kernel reports an error once, but a call that has sent
 * something returns the number of bytes even if an error ended it: a send with MSG_WAITALL in a
 * ring (io_send in io_uring/net.c), and sendfile(). The next send gets EPIPE, and a receive 0.
 */
export function lostError(system: System, fd: number): number {
  const { option } = system;
  if (read(system, fd, options.TCP_INFO, TCP_INFO_SIZE) < 0) return 0;
  const { bytes } = option;
  if (bytes[STATE] !== TCP_CLOSE) return 0;
  const isUnanswered = bytes[RETRANSMITS] !== 0 || bytes[PROBES] !== 0;
  const silence = option.view.getUint32(LAST_ACK_RECV, true);
  // The error may not have been lost, or this may be a soft error left by ICMP.
  if (read(system, fd, options.SO_ERROR, 4) === 0) {
    const error = option.view.getInt32(0, true);
    if (error !== 0) return -error;
  }
  if (isUnanswered && silence >= timeout(system, fd)) return -ETIMEDOUT;
  // As for a reset after the peer's end (tcp_reset in net/ipv4/tcp_input.c).
  return hasReceivedEnd(system, fd) ? -EPIPE : -ECONNRESET;
}

/** How long TCP retransmits, in milliseconds. */
function timeout(system: System, fd: number): number {
  const returned = read(system, fd, options.TCP_USER_TIMEOUT, 4);
  return (returned === 0 && system.option.view.getUint32(0, true)) || LEAST_TIMEOUT;
}

/**
 * Whether the peer had ended its side. A receive returns 0 also after a reset, but TCP_CM_INQ
 * counts the end as a byte (tcp_inq_hint in net/ipv4/tcp.c), and SIOCINQ does not.
 */
function hasReceivedEnd(system: System, fd: number): boolean {
  const { option } = system;
  const { control } = system.messageMemory(0);
  option.view.setInt32(0, 1, true);
  option.length = 4;
  // TCP_CM_INQ has the same numbers.
  const { level, number } = options.TCP_INQ;
  system.setsockopt(fd, level, number, option);
  control.length = control.capacity;
  const message = { address: null, data: [peeked], locations: null, control, flags: 0, bytes: 0 };
  if (system.recvmsg(fd, message, MSG.PEEK | MSG.DONTWAIT) < 0) return false;
  const { view, length } = control;
  for (let at = 0; at + CMSG.data < length; ) {
    if (view.getInt32(at + CMSG.level, true) === level && view.getInt32(at + CMSG.type, true) === number) {
      const unread = system.ioctl(fd, ioctls.FIONREAD, option) < 0 ? 0 : option.view.getInt32(0, true);
      return view.getInt32(at + CMSG.data, true) !== unread;
    }
    at += Math.ceil(view.getUint32(at + CMSG.len, true) / CMSG.alignment) * CMSG.alignment;
  }
  return false;
}

function read(
  system: System,
  fd: number,
  { level, number }: { readonly level: number; readonly number: number },
  size: number,
): number {
  system.option.length = size;
  return system.getsockopt(fd, level, number, system.option);
}
