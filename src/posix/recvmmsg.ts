import { AddressDecoder } from "../address/address-decoder.ts";
import { int } from "../errors/argument.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import type { System } from "../system/system.ts";
import { borrow, type SocketLike } from "./borrow.ts";
import { messagesOf } from "./buffer.ts";
import { isInterrupted } from "./interrupted.ts";
import {
  type BufferToReceive,
  type MessageBuffers,
  prepareToReceive,
  type ReceivedMessage,
  readBuffer,
  receive,
  received,
} from "./received-message.ts";
import { recvErrors } from "./recv.ts";
import { recvErrorName } from "./recv-errno.ts";
import { recvmsgErrors } from "./recvmsg.ts";
import { retryInterrupted } from "./retry-interrupted.ts";
import { checkTimeout, wait } from "./wait.ts";

/**
 * Everything `recvmmsg()` can fail with: the errors of `recvmsg()`, except those that affect a
 * single message.
 */
export const recvmmsgErrors = new ErrorSet("recvmmsg", {
  ...recvErrors.entries,
  // Only recvmmsg() checks for a pending error before it receives (do_recvmmsg in net/socket.c).
  BrokenPipe: {
    codes: ["EPIPE"],
    message: "The peer closed the connection and reset it when more data arrived.",
  },
  MessageTooBig: recvmsgErrors.entries.MessageTooBig,
  WouldBlock: {
    ...recvErrors.entries.WouldBlock,
    message:
      "No data is available: the socket is non-blocking, or its SO.RCVTIMEO or the timeout of the call " +
      "expired.",
  },
});

export type RecvmmsgErrorName = NameOf<typeof recvmmsgErrors>;
export type RecvmmsgError = ErrorOf<typeof recvmmsgErrors>;

/** Whether an error was thrown by `recvmmsg()`. */
export const isRecvmmsgError = (error: unknown): error is RecvmmsgError => recvmmsgErrors.has(error);

/**
 * Receives several messages in one call. A blocking socket waits until every buffer has a message;
 * with `MSG.WAITFORONE` it waits for the first and then takes those already queued.
 *
 * With a `timeout`, it returns the messages that arrived in time, and fails with `WouldBlock` if
 * there are none. The kernel's own timeout is not used: it is checked only when a message arrives,
 * so that a call for two messages waits forever if only one comes (recvmmsg(2), BUGS). berkeley
 * waits in poll() instead, on a non-blocking socket too. An error that follows a message is
 * reported by the next call; so as not to lose it, the wait ends early at an error, and when the
 * error queue is not empty.
 *
 * If a message's control messages do not fit their buffer, the call still succeeds, so that the
 * other messages are not lost. That message is returned with `MSG.CTRUNC` in its flags and without
 * control messages; descriptors that did arrive are closed. `recvmsg()` fails instead.
 *
 * @param socket the socket; if borrowed, the caller keeps ownership
 * @param buffers buffers for each message, at most 1024, not overlapping. Reusing the same array
 * with the same buffers halves the cost from the second call on.
 * @param flags `MSG.WAITFORONE`, `MSG.DONTWAIT` and so on
 * @param timeout milliseconds, for all messages together, in place of the socket's SO.RCVTIMEO; 0
 * returns the messages already there; a negative value or Infinity waits forever; undefined sets no
 * timeout for the call
 * @returns the received messages, in the order of the buffers
 * @throws RecvmmsgError named `AccessDenied`, `BadFileDescriptor`, `ConnectionAborted`,
 * `ConnectionRefused`, `ConnectionResetByPeer`, `ConnectionTimedOut`, `FileDescriptorNotASocket`,
 * `HostUnreachable`, `InputOutput`, `InvalidArgument`, `MessageTooBig`, `NetworkSubsystemFailed`,
 * `NetworkUnreachable`, `OperationNotSupported`, `ProtocolFailure`, `SocketClosed`,
 * `SocketNotBound`, `SocketNotConnected`, `SocketShutDown`, `SystemResources`, `Unexpected`,
 * `WouldBlock` or `BrokenPipe`
 * @throws TypeError if the buffers are malformed
 * @throws RangeError if a length is out of range, there are buffers for more than 1024 messages, or
 * `timeout` is NaN
 * @example
 * ```ts
 * using receiver = socket(AF.INET, SOCK.DGRAM);
 * bind(receiver, { family: "ipv4", address: "127.0.0.1", port: 0 });
 * using sender = socket(AF.INET, SOCK.DGRAM);
 * connect(sender, getsockname(receiver));
 * sendmmsg(sender, [{ data: [Buffer.from("one")] }, { data: [Buffer.from("two")] }]);
 * const buffers = Array.from({ length: 16 }, () => ({ data: [new Uint8Array(1500)] }));
 * console.log(recvmmsg(receiver, buffers, MSG.WAITFORONE).map(({ bytes }) => bytes)); // [ 3, 3 ]
 * ```
 * @see [Linux](https://man7.org/linux/man-pages/man2/recvmmsg.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=recvmmsg&sektion=2)
 */
export function recvmmsg(
  socket: SocketLike,
  buffers: readonly MessageBuffers[],
  flags = 0,
  timeout?: number,
): ReceivedMessage[] {
  return unwrap(tryRecvmmsg(socket, buffers, flags, timeout), recvmmsg);
}

/** The headers of an array of buffers, kept for reuse. */
interface Known {
  headers: BufferToReceive[];
  /** Set while they are read: a getter of the buffers may re-enter. */
  inUse: boolean;
}

/**
 * Kept as long as the caller keeps the buffers, and never exposed: they determine where the kernel
 * writes.
 */
const known = new WeakMap<readonly MessageBuffers[], Known>();

/**
 * Like {@link recvmmsg}, but returns errors instead of throwing them. Still throws on malformed
 * buffers.
 */
export function tryRecvmmsg(
  socket: SocketLike,
  buffers: readonly MessageBuffers[],
  flags = 0,
  timeout?: number,
): Result<ReceivedMessage[], RecvmmsgError> {
  int("flags", flags);
  if (timeout !== undefined) checkTimeout(timeout);
  const given = messagesOf("buffers", buffers);
  const borrowed = borrow(socket);
  const { system } = borrowed;
  const headers = readBuffers(buffers, given);
  // Only now: the buffers' getters may have closed the socket.
  const { fd } = borrowed;
  prepareAll(headers, 0, system);
  if (fd < 0) return recvmmsgErrors.fail(system, "SocketClosed");
  const count =
    timeout === undefined
      ? receiveAll(system, fd, headers, flags)
      : receiveWithin(timeout, system, fd, headers, flags);
  if (count < 0)
    return recvmmsgErrors.failure(system, count, { ask: (code) => recvErrorName(borrowed, code) });
  const addresses = new AddressDecoder(system);
  const messages = headers.slice(0, count).map((header) => received(header, header.bytes, system, addresses));
  return { ok: true, value: messages };
}

function prepareAll(headers: readonly BufferToReceive[], from: number, system: System): void {
  for (let index = from; index < headers.length; index += 1) {
    const header = headers[index];
    if (header !== undefined) prepareToReceive(header, index, system);
  }
}

function receiveAll(system: System, fd: number, headers: readonly BufferToReceive[], flags: number): number {
  const call = () => receive(system, fd, flags, (flags) => system.recvmmsg(fd, headers, flags));
  const count = call();
  return isInterrupted(system, count) ? retryInterrupted(system, fd, "receiving", call) : count;
}

/**
 * Receives until every buffer has a message or the time is up. It never waits in recvmmsg(): with
 * MSG_DONTWAIT, or for the one message that poll() has seen, as on Windows, which lacks that flag.
 */
function receiveWithin(
  timeout: number,
  system: System,
  fd: number,
  headers: readonly BufferToReceive[],
  flags: number,
): number {
  const { clock, constants, errnos } = system;
  const { POLL, MSG } = constants;
  const { DONTWAIT, ERRQUEUE = 0, WAITFORONE = 0 } = MSG;
  const deadline = timeout < 0 ? Number.POSITIVE_INFINITY : clock.now() + timeout;
  const waits = DONTWAIT === undefined || (flags & DONTWAIT) === 0;
  const ofErrors = (flags & ERRQUEUE) !== 0;
  // The error queue is POLL.ERR, which is always reported.
  const events = ofErrors ? 0 : flags & MSG.OOB ? POLL.PRI : POLL.IN;
  const entry = { fd, events, revents: 0 };
  let count = 0;
  let fruitless = 0;
  let isReady = DONTWAIT !== undefined;
  for (;;) {
    const failed = !ofErrors && (entry.revents & POLL.ERR) !== 0;
    // Once messages are there, the error is the next call's: taking it here would lose it.
    if (failed && count > 0) return count;
    if (isReady) {
      prepareAll(headers, count, system);
      const left = headers.slice(count, DONTWAIT === undefined ? count + 1 : undefined);
      const returned = receiveAll(system, fd, left, flags | (DONTWAIT ?? 0));
      if (returned >= 0) count += returned;
      // Without an error to receive, POLL.ERR is the error queue, and would be reported forever.
      else if (returned !== -errnos.EAGAIN || failed || !waits || clock.now() >= deadline)
        return count > 0 ? count : returned;
      fruitless = returned > 0 ? 0 : fruitless + 1;
      // poll() may report what this call does not receive, such as POLL.HUP to one for errors.
      if (fruitless > 1) wait(system, [], 1);
    }
    if (count === headers.length || (count > 0 && (flags & WAITFORONE) !== 0)) return count;
    const ready = wait(system, [entry], waits ? Math.max(0, deadline - clock.now()) : 0);
    if (ready < 0) return count > 0 ? count : ready;
    if (ready === 0) return count > 0 ? count : -errnos.EAGAIN;
    isReady = true;
  }
}

/** Reads buffers, reusing their headers of an earlier call. */
function readBuffers(
  buffers: readonly MessageBuffers[],
  given: readonly MessageBuffers[],
): BufferToReceive[] {
  const earlier = known.get(buffers);
  if (earlier?.inUse) return given.map((buffer) => readBuffer(buffer));
  const entry = earlier ?? { headers: [], inUse: true };
  if (earlier === undefined) known.set(buffers, entry);
  entry.inUse = true;
  try {
    entry.headers = given.map((buffer, index) => readBuffer(buffer, entry.headers[index]));
  } finally {
    entry.inUse = false;
  }
  return entry.headers;
}
