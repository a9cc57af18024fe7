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

/** Everything `attachFilter()` can fail with. */
export const attachFilterErrors = new ErrorSet("attachFilter", {
  BadFileDescriptor,
  FileDescriptorNotASocket,
  InvalidArgument: {
    codes: ["EINVAL"],
    message:
      "The program is empty, jumps out of itself, does not end by returning, divides by the constant 0, " +
      "shifts by 32 or more, or has an unknown instruction.",
  },
  ...filterEntries,
  SocketClosed,
  SystemResources,
  Unexpected,
});

export type AttachFilterErrorName = NameOf<typeof attachFilterErrors>;
export type AttachFilterError = ErrorOf<typeof attachFilterErrors>;

/** Whether an error was thrown by `attachFilter()`. */
export const isAttachFilterError = (error: unknown): error is AttachFilterError =>
  attachFilterErrors.has(error);

/**
 * Attaches a classic BPF program that filters packets: the kernel drops a packet if it returns 0,
 * and otherwise truncates it to the length that it returns. Replaces any earlier filter.
 * SO_ATTACH_FILTER, Linux only.
 *
 * @param socket the socket; if borrowed, the caller keeps ownership
 * @param instructions the program: at most 4096 instructions, each made by `BPF`
 * @throws AttachFilterError named `BadFileDescriptor`, `FileDescriptorNotASocket`,
 * `InvalidArgument`, `OptionNotSupported`, `PermissionDenied`, `SocketClosed`, `SystemResources` or
 * `Unexpected`
 * @throws TypeError or RangeError if an instruction is malformed
 * @example
 * ```ts
 * using receiver = socket(AF.INET, SOCK.DGRAM);
 * bind(receiver, { family: "ipv4", address: "127.0.0.1", port: 0 });
 * // A UDP header has eight bytes: keep what begins with "a".
 * const isA = BPF.jumpIf("eq", 0x61, { jf: 1 });
 * attachFilter(receiver, [BPF.load(1, 8), isA, BPF.return(0xffff), BPF.return(0)]);
 * for (const text of ["b", "a"]) sendto(receiver, Buffer.from(text), 0, getsockname(receiver));
 * const buffer = Buffer.alloc(8);
 * console.log(buffer.toString("utf8", 0, recv(receiver, buffer))); // a
 * ```
 * @see [Linux](https://man7.org/linux/man-pages/man7/socket.7.html)
 */
export function attachFilter(socket: SocketLike, instructions: readonly FilterInstruction[]): void {
  unwrap(tryAttachFilter(socket, instructions), attachFilter);
}

/** Like {@link attachFilter}, but returns errors instead of throwing them. */
export function tryAttachFilter(
  socket: SocketLike,
  instructions: readonly FilterInstruction[],
): Result<void, AttachFilterError> {
  const filter = encodeFilter(instructions);
  const { system, fd } = borrow(socket);
  if (fd < 0) return attachFilterErrors.fail(system, "SocketClosed");
  const returned = system.attachFilter(fd, filter);
  return returned >= 0 ? { ok: true, value: undefined } : attachFilterErrors.failure(system, returned);
}
