import { boolean, checkObject } from "../errors/argument.ts";
import { readOption } from "../options/read-option.ts";
import { SO } from "../options/so.ts";
import { CLOSE_ON_EXEC, NONBLOCKING } from "../system/descriptor-flags.ts";
import type { System } from "../system/system.ts";
import { Socket } from "./owned-socket.ts";

/** Flags of a new descriptor. */
export interface DescriptorOptions {
  /** Makes calls that would block fail with `WouldBlock`. False by default. */
  readonly nonblocking?: boolean;
  /**
   * Keeps child programs from inheriting it. True by default. macOS sets it in a second call, so a
   * program that another thread starts in between inherits the descriptor.
   */
  readonly closeOnExec?: boolean;
}

/**
 * The options as flags of a System's calls, which set them atomically where possible, so that no
 * fork can come in between.
 */
export function descriptorFlags(options: DescriptorOptions): number {
  checkObject("options", "{ nonblocking?, closeOnExec? }", options);
  const { nonblocking = false, closeOnExec = true } = options;
  return (
    (boolean("nonblocking", nonblocking) ? NONBLOCKING : 0) |
    (boolean("closeOnExec", closeOnExec) ? CLOSE_ON_EXEC : 0)
  );
}

/**
 * Wraps a new descriptor in a Socket. `type` may include flags; protocol 0 is resolved to the one
 * the kernel chose.
 */
export function adopt(system: System, fd: number, domain: number, type: number, protocol: number): Socket {
  const { AF, SOCK } = system.constants;
  const { CLOEXEC = 0, NONBLOCK = 0 } = SOCK;
  const kind = type & ~(CLOEXEC | NONBLOCK);
  // A unix socket has no protocol, even if a number was given, and its SOCK_RAW is SOCK_DGRAM
  // (unix_create in net/unix/af_unix.c).
  if (domain === AF.UNIX) return Socket.adopt(system, fd, domain, kind === SOCK.RAW ? SOCK.DGRAM : kind, 0);
  const chosen = protocol === 0 ? (readOption(system, fd, SO.PROTOCOL) ?? 0) : protocol;
  return Socket.adopt(system, fd, domain, kind, chosen);
}
