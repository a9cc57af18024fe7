import { BadFileDescriptor, FileDescriptorNotASocket, SocketClosed, Unexpected } from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import type { Descriptor } from "./owned-descriptor.ts";
import { setDescriptorFlag } from "./set-descriptor-flag.ts";

/** Everything `setCloseOnExec()` can fail with. */
export const setCloseOnExecErrors = new ErrorSet("setCloseOnExec", {
  BadFileDescriptor,
  FileDescriptorNotASocket,
  SocketClosed,
  Unexpected,
});

export type SetCloseOnExecErrorName = NameOf<typeof setCloseOnExecErrors>;
export type SetCloseOnExecError = ErrorOf<typeof setCloseOnExecErrors>;

/** Whether an error was thrown by `setCloseOnExec()`. */
export const isSetCloseOnExecError = (error: unknown): error is SetCloseOnExecError =>
  setCloseOnExecErrors.has(error);

/**
 * Sets close-on-exec: whether child programs are kept from inheriting the descriptor. FD_CLOEXEC,
 * or on Windows HANDLE_FLAG_INHERIT.
 *
 * Every socket that berkeley creates or receives is close-on-exec, unless an option says otherwise.
 * An inherited one is not, though Node sets the flag on low descriptors before it runs any code.
 * The flag belongs to this descriptor alone; {@link getCloseOnExec} reads it.
 *
 * Node's `child_process` passes only the descriptors in `stdio`, whatever their flags are.
 *
 * @param socket a Socket or Descriptor, or the number of one that was inherited
 * @param closeOnExec true to keep child programs from inheriting it
 * @throws SetCloseOnExecError named `BadFileDescriptor`, `FileDescriptorNotASocket`, `SocketClosed`
 * or `Unexpected`
 * @throws TypeError if an argument is not of its type
 * @example
 * ```ts
 * using server = socket(AF.INET, SOCK.STREAM, 0, { closeOnExec: false });
 * setCloseOnExec(server, true);
 * ```
 * @see [Linux](https://man7.org/linux/man-pages/man2/F_GETFD.2const.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=fcntl&sektion=2)
 * @see
 * [Windows](https://learn.microsoft.com/windows/win32/api/handleapi/nf-handleapi-sethandleinformation)
 */
export function setCloseOnExec(socket: Descriptor | number, closeOnExec: boolean): void {
  unwrap(trySetCloseOnExec(socket, closeOnExec), setCloseOnExec);
}

/** Like {@link setCloseOnExec}, but returns errors instead of throwing them. */
export function trySetCloseOnExec(
  socket: Descriptor | number,
  closeOnExec: boolean,
): Result<void, SetCloseOnExecError> {
  return setDescriptorFlag(setCloseOnExecErrors, socket, "closeOnExec", closeOnExec, (system, fd) =>
    system.setCloseOnExec(fd, closeOnExec),
  );
}
