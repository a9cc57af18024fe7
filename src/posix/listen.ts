import { argumentType, kind, outOfRange } from "../errors/argument.ts";
import {
  BadFileDescriptor,
  FileDescriptorNotASocket,
  NetworkSubsystemFailed,
  SocketClosed,
  SystemResources,
  Unexpected,
} from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { type Borrowed, borrow, type SocketLike } from "./borrow.ts";
import { localEndpoint } from "./endpoint.ts";
import { isBound, socketState } from "./socket-state.ts";

/** Everything `listen()` can fail with. */
export const listenErrors = new ErrorSet("listen", {
  AccessDenied: {
    codes: ["EACCES"],
    message: "The process lacks the privilege to listen on this socket.",
  },
  AddressInUse: {
    codes: ["EADDRINUSE"],
    message: "Another socket is already listening on this address.",
    advice: "Choose another port, or find its holder with `ss -ltnp`.",
    cases: {
      noPort: {
        message: "The socket was not bound, and every port of the ephemeral range is in use.",
        advice: "The range is net.ipv4.ip_local_port_range.",
      },
    },
  },
  AlreadyConnected: {
    codes: ["EINVAL", "EISCONN"],
    message: "The socket is already connected.",
    advice: "A listening socket must be a new one.",
  },
  BadFileDescriptor,
  ConnectionPending: {
    codes: ["EINVAL"],
    message: "The socket is connecting: an earlier connect() is still in progress.",
    advice: "A listening socket must be a new one.",
  },
  FileDescriptorNotASocket,
  NetworkSubsystemFailed,
  OperationNotSupported: {
    codes: ["EOPNOTSUPP"],
    message: "This type of socket cannot listen.",
    advice: "SOCK.STREAM and SOCK.SEQPACKET sockets can.",
  },
  SocketClosed,
  SocketNotBound: {
    codes: ["EINVAL", "EDESTADDRREQ"],
    message: "The socket is not bound, and its protocol does not bind automatically.",
    advice: "Call bind() first.",
  },
  SocketShutDown: {
    codes: ["EINVAL"],
    message: "The socket was connected and has since been shut down or reset.",
    advice: "A listening socket must be a new one.",
  },
  SystemResources: {
    // Winsock reports this as EMFILE, as Zig maps it.
    codes: [...SystemResources.codes, "EMFILE"],
    message: "The system is out of memory, buffers or (on Windows) sockets.",
  },
  Unexpected,
});

export type ListenErrorName = NameOf<typeof listenErrors>;
export type ListenError = ErrorOf<typeof listenErrors>;

/** Whether an error was thrown by `listen()`. */
export const isListenError = (error: unknown): error is ListenError => listenErrors.has(error);

/**
 * Makes a connection-mode socket accept connections, and limits the queue of connections pending
 * for `accept()`.
 *
 * An unbound IPv4 or IPv6 socket is bound to a free port, except on Windows, where the call fails
 * with `SocketNotBound`. Calling `listen()` on a listener changes its backlog, except on Windows,
 * where it succeeds but has no effect.
 *
 * The system may silently cap the backlog; `effectiveBacklog()` returns the value in effect.
 * - Linux: at most `net.core.somaxconn` (4096), per socket. Only established connections count, and
 *   the queue holds one more than the backlog; half-open connections have their own queue
 *   (`tcp_max_syn_backlog`). When the accept queue is full, TCP ignores the last step of the
 *   handshake and the peer keeps retrying; a connect to a unix socket blocks or fails with
 *   `WouldBlock`.
 * - Windows: at most a few hundred; `acceptQueue()` cannot read it. When the queue is full,
 *   connections are refused. Another program may take the port with SO.REUSEADDR, unless
 *   SO.EXCLUSIVEADDRUSE was set before `bind()`.
 * - macOS: at most `kern.ipc.somaxconn` (128); 0 and below also mean that limit. Half-open
 *   connections count.
 * - FreeBSD: at most `kern.ipc.soacceptqueue` (128). The queue holds 1.5 times the backlog.
 *
 * @param socket the socket; if borrowed, the caller keeps ownership
 * @param backlog the number of connections that may be pending: an integer. Values below 0 act as
 * 0, above 2147483647 as 2147483647.
 * @throws ListenError named `AccessDenied`, `AddressInUse`, `AlreadyConnected`,
 * `BadFileDescriptor`, `ConnectionPending`, `FileDescriptorNotASocket`, `NetworkSubsystemFailed`,
 * `OperationNotSupported`, `SocketClosed`, `SocketNotBound`, `SocketShutDown`, `SystemResources` or
 * `Unexpected`
 * @throws TypeError if `backlog` is not a number
 * @throws RangeError if `backlog` is NaN or has a fraction
 * @example
 * ```ts
 * using server = socket(AF.INET, SOCK.STREAM);
 * bind(server, { family: "ipv4", address: "127.0.0.1", port: 0 });
 * listen(server, 128);
 * console.log(getsockname(server));
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/listen.html)
 * @see [Linux](https://man7.org/linux/man-pages/man2/listen.2.html)
 * @see
 * [Apple](https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/listen.2.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=listen&sektion=2)
 * @see [Winsock](https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-listen)
 */
export function listen(socket: SocketLike, backlog: number): void {
  unwrap(tryListen(socket, backlog), listen);
}

/**
 * Like {@link listen}, but returns errors instead of throwing them. Still throws on a bad
 * `backlog`.
 */
export function tryListen(socket: SocketLike, backlog: number): Result<void, ListenError> {
  const limit = clampBacklog(backlog);
  const borrowed = borrow(socket);
  const { system, fd } = borrowed;
  if (fd < 0) return listenErrors.fail(system, "SocketClosed");
  const returned = system.listen(fd, limit);
  if (returned >= 0) return { ok: true, value: undefined };
  return listenErrors.failure(system, returned, {
    ask: () => whyInvalid(borrowed),
    where: () => localEndpoint(borrowed),
  });
}

/**
 * In POSIX, values below 0 act as 0. Linux compares unsigned, so -1 would mean the maximum
 * (__sys_listen in net/socket.c).
 */
function clampBacklog(backlog: number): number {
  if (typeof backlog !== "number") throw argumentType(`backlog must be a number, not ${kind(backlog)}`);
  if (Number.isNaN(backlog) || (Number.isFinite(backlog) && !Number.isInteger(backlog))) {
    throw outOfRange(`backlog must be an integer, not ${backlog}`);
  }
  return Math.max(0, Math.min(backlog, 0x7fffffff));
}

/** EINVAL has several causes; the socket's state distinguishes them. */
function whyInvalid(borrowed: Borrowed): ListenErrorName {
  switch (socketState(borrowed)) {
    case "connected":
      return "AlreadyConnected";
    case "connecting":
      return "ConnectionPending";
    case "not connected":
      // Only a unix socket must be bound first; any other bound socket that fails here was once
      // connected, and has been reset.
      return isBound(borrowed) ? "SocketShutDown" : "SocketNotBound";
    case "shut down":
      return "SocketShutDown";
    default:
      return "Unexpected";
  }
}
