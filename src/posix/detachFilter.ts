import {
  BadFileDescriptor,
  FileDescriptorNotASocket,
  SocketClosed,
  SystemResources,
  Unexpected,
} from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { borrow, type SocketLike } from "./borrow.ts";
import { filterEntries } from "./filter-errors.ts";

/** Everything `detachFilter()` can fail with. */
export const detachFilterErrors = new ErrorSet("detachFilter", {
  BadFileDescriptor,
  FileDescriptorNotASocket,
  InvalidArgument: {
    codes: ["EINVAL"],
    message: "The socket cannot have a filter.",
  },
  NotFound: {
    codes: ["ENOENT"],
    message: "The socket has no filter.",
  },
  ...filterEntries,
  SocketClosed,
  SystemResources,
  Unexpected,
});

export type DetachFilterErrorName = NameOf<typeof detachFilterErrors>;
export type DetachFilterError = ErrorOf<typeof detachFilterErrors>;

/** Whether an error was thrown by `detachFilter()`. */
export const isDetachFilterError = (error: unknown): error is DetachFilterError =>
  detachFilterErrors.has(error);

/**
 * Removes the filter of `attachFilter()`, or of SO.ATTACH_BPF; SO_DETACH_FILTER, Linux only.
 *
 * @param socket the socket; if borrowed, the caller keeps ownership
 * @throws DetachFilterError named `BadFileDescriptor`, `FileDescriptorNotASocket`,
 * `InvalidArgument`, `NotFound`, `OptionNotSupported`, `PermissionDenied`, `SocketClosed`,
 * `SystemResources` or `Unexpected`
 * @example
 * ```ts
 * using receiver = socket(AF.INET, SOCK.DGRAM);
 * attachFilter(receiver, [BPF.return(0)]);
 * detachFilter(receiver);
 * ```
 * @see [Linux](https://man7.org/linux/man-pages/man7/socket.7.html)
 */
export function detachFilter(socket: SocketLike): void {
  unwrap(tryDetachFilter(socket), detachFilter);
}

/** Like {@link detachFilter}, but returns errors instead of throwing them. */
export function tryDetachFilter(socket: SocketLike): Result<void, DetachFilterError> {
  const { system, fd } = borrow(socket);
  if (fd < 0) return detachFilterErrors.fail(system, "SocketClosed");
  const returned = system.detachFilter(fd);
  return returned >= 0 ? { ok: true, value: undefined } : detachFilterErrors.failure(system, returned);
}
