import { BadFileDescriptor, SocketClosed, Unexpected } from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { getDescriptorFlag } from "./get-descriptor-flag.ts";
import type { Descriptor } from "./owned-descriptor.ts";

/** Everything `getCloseOnExec()` can fail with. */
export const getCloseOnExecErrors = new ErrorSet("getCloseOnExec", {
  BadFileDescriptor,
  SocketClosed,
  Unexpected,
});

export type GetCloseOnExecErrorName = NameOf<typeof getCloseOnExecErrors>;
export type GetCloseOnExecError = ErrorOf<typeof getCloseOnExecErrors>;

/** Whether an error was thrown by `getCloseOnExec()`. */
export const isGetCloseOnExecError = (error: unknown): error is GetCloseOnExecError =>
  getCloseOnExecErrors.has(error);

/**
 * Returns whether close-on-exec is set: whether child programs are kept from inheriting the
 * descriptor. FD_CLOEXEC, or on Windows HANDLE_FLAG_INHERIT.
 *
 * Every socket that berkeley creates or receives is close-on-exec, unless an option says otherwise.
 * An inherited one is not, though Node sets the flag on low descriptors before it runs any code.
 * The flag belongs to this descriptor alone.
 *
 * @param socket a Socket or Descriptor, or the number of one that was inherited
 * @throws GetCloseOnExecError named `BadFileDescriptor`, `SocketClosed` or `Unexpected`
 * @throws TypeError if the argument is not of its type
 * @example
 * ```ts
 * using server = socket(AF.INET, SOCK.STREAM);
 * console.log(getCloseOnExec(server)); // true
 * ```
 * @see [Linux](https://man7.org/linux/man-pages/man2/F_GETFD.2const.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=fcntl&sektion=2)
 * @see
 * [Windows](https://learn.microsoft.com/windows/win32/api/handleapi/nf-handleapi-gethandleinformation)
 */
export function getCloseOnExec(socket: Descriptor | number): boolean {
  return unwrap(tryGetCloseOnExec(socket), getCloseOnExec);
}

/** Like {@link getCloseOnExec}, but returns errors instead of throwing them. */
export function tryGetCloseOnExec(socket: Descriptor | number): Result<boolean, GetCloseOnExecError> {
  return getDescriptorFlag(getCloseOnExecErrors, socket, (system, fd) => system.getCloseOnExec(fd));
}
