import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { SocketLike } from "../posix/borrow.ts";
import { type ReadyOptions, readyEntries, untilReady } from "./until-ready.ts";

/** Everything `readable()` can fail with, other than an abort. */
export const readableErrors = new ErrorSet("readable", readyEntries);

export type ReadableErrorName = NameOf<typeof readableErrors>;
export type ReadableError = ErrorOf<typeof readableErrors>;

/** Whether an error was thrown by `readable()`. */
export const isReadableError = (error: unknown): error is ReadableError => readableErrors.has(error);

/**
 * Waits until receiving from a socket, or accepting from a listener, would not block: there is
 * data, a connection, the end, or an error.
 *
 * It is for sockets that `connect()`, `listen()` and `udp()` do not take, such as SOCK.SEQPACKET,
 * netlink and raw sockets: wait, then call `recv()`, `recvmsg()` or `accept()` with MSG.DONTWAIT or
 * on a non-blocking socket. Another waiter may have been faster, so the call may still find
 * nothing.
 *
 * Closing the socket does not end the wait, which keeps it open for the peer; abort it first.
 * Several calls may wait for one socket.
 *
 * @param socket the socket; the caller keeps ownership
 * @param options `signal` and `timeout` end the wait; `engine` chooses the engine
 * @throws ReadableError named `BadFileDescriptor`, `FileDescriptorNotASocket`,
 * `NetworkSubsystemFailed`, `ProcessFdQuotaExceeded`, `SocketClosed`, `SystemFdQuotaExceeded`,
 * `SystemResources` or `Unexpected`
 * @throws DOMException named `TimeoutError`, or the `reason` of the signal
 * @throws TypeError or RangeError if an argument is malformed
 * @throws Error if the requested engine is unavailable here
 * @example
 * ```ts
 * import { readable } from "berkeley";
 * import { AF, close, recv, SOCK, send, socketpair } from "berkeley/posix";
 *
 * const [left, right] = socketpair(AF.UNIX, SOCK.SEQPACKET, 0, { nonblocking: true });
 * send(left, Buffer.from("hello"));
 * await readable(right, { timeout: 5000 });
 * console.log(recv(right, Buffer.alloc(16))); // 5
 * close(left);
 * await readable(right);
 * console.log(recv(right, Buffer.alloc(16))); // 0: the end
 * close(right);
 * ```
 * @see [poll](https://pubs.opengroup.org/onlinepubs/9699919799/functions/poll.html)
 */
export async function readable(socket: SocketLike, options: ReadyOptions = {}): Promise<void> {
  return untilReady(readableErrors, "receive", socket, options);
}
