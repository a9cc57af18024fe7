import { int } from "../errors/argument.ts";
import {
  BadFileDescriptor,
  FileDescriptorNotASocket,
  NotAnSctpSocket,
  ProcessFdQuotaExceeded,
  SocketClosed,
  SystemFdQuotaExceeded,
  SystemResources,
  Unexpected,
} from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { readOption } from "../options/read-option.ts";
import { SO } from "../options/so.ts";
import { borrow, type SocketLike } from "./borrow.ts";
import { adopt, type DescriptorOptions, descriptorFlags } from "./descriptor.ts";
import type { Socket } from "./owned-socket.ts";

/** Everything `sctp_peeloff()` can fail with. */
export const sctp_peeloffErrors = new ErrorSet("sctp_peeloff", {
  BadFileDescriptor,
  FileDescriptorNotASocket,
  InvalidArgument: {
    codes: ["EINVAL"],
    message: "The socket has no such association, or is not one-to-many (SOCK.SEQPACKET).",
  },
  OperationNotSupported: NotAnSctpSocket,
  // The kernel moves the association before it looks for a descriptor, and then drops both
  // (sctp_getsockopt_peeloff_common in net/sctp/socket.c).
  ProcessFdQuotaExceeded: {
    ...ProcessFdQuotaExceeded,
    message: "The process has reached its limit of open descriptors, and the association is lost.",
  },
  ResourceBusy: {
    codes: ["EBUSY"],
    message: "A thread is waiting to send a message of the association.",
  },
  SocketClosed,
  SystemFdQuotaExceeded,
  SystemResources,
  Unexpected,
});

export type Sctp_peeloffErrorName = NameOf<typeof sctp_peeloffErrors>;
export type Sctp_peeloffError = ErrorOf<typeof sctp_peeloffErrors>;

/** Whether an error was thrown by `sctp_peeloff()`. */
export const isSctp_peeloffError = (error: unknown): error is Sctp_peeloffError =>
  sctp_peeloffErrors.has(error);

/**
 * Moves an association of a one-to-many SCTP socket to a socket of its own. Messages that were not
 * received yet move with it, and the new socket keeps the options of the old one. Linux only.
 *
 * It is blocking and close-on-exec by default, regardless of the old one's flags.
 *
 * @param socket a one-to-many SCTP socket; if borrowed, the caller keeps ownership
 * @param assocId the association, as in SCTP_RCVINFO
 * @param options `nonblocking` and `closeOnExec` of the new socket
 * @returns the new socket
 * @throws Sctp_peeloffError named `BadFileDescriptor`, `FileDescriptorNotASocket`,
 * `InvalidArgument`, `OperationNotSupported`, `ProcessFdQuotaExceeded`, `ResourceBusy`,
 * `SocketClosed`, `SystemFdQuotaExceeded`, `SystemResources` or `Unexpected`
 * @throws TypeError if an argument is not of its type
 * @throws RangeError if `assocId` is not an integer of 32 bits
 * @example
 * ```ts
 * const made = trySocket(AF.INET, SOCK.SEQPACKET, IPPROTO.SCTP);
 * if (made.ok) {
 *   using server = made.value;
 *   listen(server, 5);
 *   for (const assocId of getsockopt(server, SCTP.GET_ASSOC_ID_LIST)) {
 *     using own = sctp_peeloff(server, assocId);
 *     send(own, Buffer.from("to you alone"));
 *   }
 * }
 * ```
 * @see [RFC 6458, 9.2](https://www.rfc-editor.org/rfc/rfc6458#section-9.2)
 * @see [Linux](https://man7.org/linux/man-pages/man3/sctp_peeloff.3.html)
 */
export function sctp_peeloff(socket: SocketLike, assocId: number, options: DescriptorOptions = {}): Socket {
  return unwrap(trySctp_peeloff(socket, assocId, options), sctp_peeloff);
}

/** Like {@link sctp_peeloff}, but returns errors instead of throwing them. */
export function trySctp_peeloff(
  socket: SocketLike,
  assocId: number,
  options: DescriptorOptions = {},
): Result<Socket, Sctp_peeloffError> {
  const borrowed = borrow(socket);
  const { system } = borrowed;
  int("assocId", assocId);
  const flags = descriptorFlags(options);
  // Only now: the options' getters may have closed the socket.
  const { fd } = borrowed;
  if (fd < 0) return sctp_peeloffErrors.fail(system, "SocketClosed");
  const returned = system.sctp_peeloff(fd, assocId, flags);
  if (returned < 0) return sctp_peeloffErrors.failure(system, returned);
  const { AF, SOCK } = system.constants;
  const domain = readOption(system, returned, SO.DOMAIN) ?? AF.UNSPEC;
  const type = readOption(system, returned, SO.TYPE) ?? SOCK.STREAM;
  return { ok: true, value: adopt(system, returned, domain, type, 0) };
}
