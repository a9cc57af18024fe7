import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { SocketLike } from "../posix/borrow.ts";
import { type ReadyOptions, readyEntries, untilReady } from "./until-ready.ts";

/** Everything `writable()` can fail with, other than an abort. */
export const writableErrors = new ErrorSet("writable", readyEntries);

export type WritableErrorName = NameOf<typeof writableErrors>;
export type WritableError = ErrorOf<typeof writableErrors>;

/** Whether an error was thrown by `writable()`. */
export const isWritableError = (error: unknown): error is WritableError => writableErrors.has(error);

/**
 * Waits until sending on a socket would not block, or until it is connected: there is room, or an
 * error.
 *
 * A connect in progress has ended once the socket is writable: `getsockopt(socket, SO.ERROR)` says
 * whether it succeeded.
 *
 * Closing the socket does not end the wait, which keeps it open for the peer; abort it first.
 * Several calls may wait for one socket.
 *
 * @param socket the socket; the caller keeps ownership
 * @param options `signal` and `timeout` end the wait; `engine` chooses the engine
 * @throws WritableError named `BadFileDescriptor`, `FileDescriptorNotASocket`,
 * `NetworkSubsystemFailed`, `ProcessFdQuotaExceeded`, `SocketClosed`, `SystemFdQuotaExceeded`,
 * `SystemResources` or `Unexpected`
 * @throws DOMException named `TimeoutError`, or the `reason` of the signal
 * @throws TypeError or RangeError if an argument is malformed
 * @throws Error if the requested engine is unavailable here
 * @example
 * ```ts
 * import { writable } from "berkeley";
 * import { AF, bind, close, getsockname, getsockopt, listen } from "berkeley/posix";
 * import { SO, SOCK, socket, tryConnect } from "berkeley/posix";
 *
 * const server = socket(AF.INET, SOCK.STREAM);
 * bind(server, { family: "ipv4", address: "127.0.0.1", port: 0 });
 * listen(server, 1);
 * const client = socket(AF.INET, SOCK.STREAM, 0, { nonblocking: true });
 * tryConnect(client, getsockname(server));
 * await writable(client, { timeout: 5000 });
 * console.log(getsockopt(client, SO.ERROR)); // null
 * close(client);
 * close(server);
 * ```
 * @see [poll](https://pubs.opengroup.org/onlinepubs/9699919799/functions/poll.html)
 */
export async function writable(socket: SocketLike, options: ReadyOptions = {}): Promise<void> {
  return untilReady(writableErrors, "send", socket, options);
}
