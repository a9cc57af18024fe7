import { release } from "node:os";
import { machineClock } from "../../clock/machine-clock.ts";
import type { PollEntry } from "../system.ts";
import { constants } from "./constants.ts";
import type { Winsock } from "./ws2_32.ts";

const { POLL } = constants;

// WSAPOLLFD is { SOCKET fd; SHORT events; SHORT revents } (winsock2.h).
const POLLFD = { events: 8, revents: 10, size: 16 };
/** The events that WSAPoll() accepts; it refuses POLLPRI, and therefore others, with WSAEINVAL. */
const ASKED = POLL.RDNORM | POLL.RDBAND | POLL.WRNORM;

/**
 * The build of Windows 10 2004, the first whose WSAPoll() reports a failed connection (WSAPoll,
 * Remarks).
 */
const BUILD_2004 = 19041;

/** Whether this host's WSAPoll() does not report failed connections. */
export function pollMissesFailures(version = release()): boolean {
  const [major = 0, , build = 0] = version.split(".").map(Number);
  return major < 10 || (major === 10 && build < BUILD_2004);
}

/**
 * How long a flawed WSAPoll() waits before select() checks for failed connections, in milliseconds.
 */
const SLICE = 20;

/** poll(2) by WSAPoll(); -1 on failure, with the cause in WSAGetLastError(). */
export function poll(winsock: Winsock, entries: PollEntry[], timeout: number, misses: boolean): number {
  // WSAPoll() refuses an empty list.
  if (entries.length === 0) return sleep(timeout);
  const connecting = misses ? entries.filter(({ events }) => (events & POLL.WRNORM) !== 0) : [];
  if (connecting.length === 0) return wsaPoll(winsock, entries, timeout);
  const deadline = timeout < 0 ? Number.POSITIVE_INFINITY : machineClock.now() + timeout;
  for (;;) {
    const left = Math.max(0, deadline - machineClock.now());
    const failed = connecting.filter(({ fd }) => hasFailed(winsock, fd));
    const step = failed.length > 0 ? 0 : Math.min(SLICE, Math.ceil(left));
    if (wsaPoll(winsock, entries, step) < 0) return -1;
    for (const entry of failed) entry.revents |= POLL.ERR | POLL.HUP | POLL.WRNORM;
    const ready = entries.filter(({ revents }) => revents !== 0).length;
    if (ready > 0 || left <= 0) return ready;
  }
}

function wsaPoll(winsock: Winsock, entries: PollEntry[], timeout: number): number {
  const bytes = new Uint8Array(entries.length * POLLFD.size);
  const view = new DataView(bytes.buffer);
  for (const [index, { fd, events }] of entries.entries()) {
    view.setBigInt64(index * POLLFD.size, BigInt(fd), true);
    view.setInt16(index * POLLFD.size + POLLFD.events, asked(events), true);
  }
  const returned = winsock.WSAPoll(bytes, entries.length, timeout);
  for (const [index, entry] of entries.entries()) {
    entry.revents = told(view.getInt16(index * POLLFD.size + POLLFD.revents, true), entry.events);
  }
  // If none is a socket, it marks them and fails with WSAENOTSOCK; poll(2) counts them.
  const invalid = entries.filter(({ revents }) => (revents & POLL.NVAL) !== 0).length;
  return returned < 0 && invalid === entries.length ? invalid : returned;
}

/** Out-of-band data is POLLRDBAND for WSAPoll(), and POLLPRI for POSIX. */
const asked = (events: number) => (events & ASKED) | (events & POLL.PRI ? POLL.RDBAND : 0);

/** A caller that asked for POLLIN, which is both POLLRDNORM and POLLRDBAND, gets POLLIN. */
function told(revents: number, events: number): number {
  const isIn = (events & POLL.IN) === POLL.IN && (revents & POLL.IN) !== 0;
  if ((revents & POLL.RDBAND) === 0 || (events & POLL.PRI) === 0) return isIn ? revents | POLL.IN : revents;
  return (revents & ~(events & POLL.RDBAND ? 0 : POLL.RDBAND)) | POLL.PRI | (isIn ? POLL.IN : 0);
}

/**
 * Whether a connection has failed, reported as newer versions do: select() has it in its exceptfds.
 * Those also contain out-of-band data, but only for a socket with a peer. (SO_ERROR would report
 * it, but also clear it.)
 */
function hasFailed(winsock: Winsock, fd: number): boolean {
  // fd_set is { u_int fd_count; SOCKET fd_array[64] }, of which only fd_count are read
  // (winsock2.h); struct timeval is two longs.
  const set = new DataView(new ArrayBuffer(16));
  set.setUint32(0, 1, true);
  set.setBigInt64(8, BigInt(fd), true);
  const atOnce = new Uint8Array(8);
  if (winsock.select(0, null, null, new Uint8Array(set.buffer), atOnce) <= 0) return false;
  const length = new Uint8Array(Int32Array.of(ADDRESS).buffer);
  return winsock.getpeername(fd, new Uint8Array(ADDRESS), length) !== 0;
}

/** sizeof(SOCKADDR_STORAGE). */
const ADDRESS = 128;

/** Only waits. */
function sleep(timeout: number): number {
  const forever = timeout < 0 ? Number.POSITIVE_INFINITY : timeout;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forever);
  return 0;
}
