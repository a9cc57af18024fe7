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
import { encodeFilter, type FilterInstruction } from "./bpf.ts";
import { filterEntries } from "./filter-errors.ts";

/** Everything `attachReuseportFilter()` can fail with. */
export const attachReuseportFilterErrors = new ErrorSet("attachReuseportFilter", {
  BadFileDescriptor,
  FileDescriptorNotASocket,
  InvalidArgument: {
    codes: ["EINVAL"],
    message: "The program is invalid, or the socket does not set SO.REUSEPORT.",
  },
  ...filterEntries,
  SocketClosed,
  SystemResources,
  Unexpected,
});

export type AttachReuseportFilterErrorName = NameOf<typeof attachReuseportFilterErrors>;
export type AttachReuseportFilterError = ErrorOf<typeof attachReuseportFilterErrors>;

/** Whether an error was thrown by `attachReuseportFilter()`. */
export const isAttachReuseportFilterError = (error: unknown): error is AttachReuseportFilterError =>
  attachReuseportFilterErrors.has(error);

/**
 * Attaches a classic BPF program that distributes packets or connections among the sockets that
 * share a port with SO.REUSEPORT: it returns the index of a socket, in the order of their bind(),
 * for TCP of their listen(). It sees the data after the TCP or UDP header.
 * SO_ATTACH_REUSEPORT_CBPF, Linux only.
 *
 * The program applies to the whole group. When a socket closes, the last one takes its index. If
 * the program returns an index that no socket has, the kernel chooses a socket by a hash of the
 * addresses.
 *
 * @param socket the socket; if borrowed, the caller keeps ownership
 * @param instructions the program: at most 4096 instructions, each made by `BPF`
 * @throws AttachReuseportFilterError named `BadFileDescriptor`, `FileDescriptorNotASocket`,
 * `InvalidArgument`, `OptionNotSupported`, `PermissionDenied`, `SocketClosed`, `SystemResources` or
 * `Unexpected`
 * @throws TypeError or RangeError if an instruction is malformed
 * @example
 * ```ts
 * using first = socket(AF.INET, SOCK.DGRAM);
 * using second = socket(AF.INET, SOCK.DGRAM);
 * for (const each of [first, second]) setsockopt(each, SO.REUSEPORT, true);
 * bind(first, { family: "ipv4", address: "127.0.0.1", port: 0 });
 * bind(second, getsockname(first));
 * attachReuseportFilter(first, [BPF.return(1)]);
 * sendto(first, Buffer.from("for the second"), 0, getsockname(first));
 * console.log(recv(second, Buffer.alloc(64))); // 14
 * ```
 * @see [Linux](https://man7.org/linux/man-pages/man7/socket.7.html)
 */
export function attachReuseportFilter(socket: SocketLike, instructions: readonly FilterInstruction[]): void {
  unwrap(tryAttachReuseportFilter(socket, instructions), attachReuseportFilter);
}

/** Like {@link attachReuseportFilter}, but returns errors instead of throwing them. */
export function tryAttachReuseportFilter(
  socket: SocketLike,
  instructions: readonly FilterInstruction[],
): Result<void, AttachReuseportFilterError> {
  const filter = encodeFilter(instructions);
  const { system, fd } = borrow(socket);
  if (fd < 0) return attachReuseportFilterErrors.fail(system, "SocketClosed");
  const returned = system.attachReuseportFilter(fd, filter);
  return returned >= 0
    ? { ok: true, value: undefined }
    : attachReuseportFilterErrors.failure(system, returned);
}
