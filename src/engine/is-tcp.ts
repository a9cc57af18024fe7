import type { System } from "../system/system.ts";

/**
 * The errno of the socket's options is of no interest: what is not known to be TCP is not treated
 * as TCP.
 */
export function isTcp(system: System, fd: number): boolean {
  const { option, options, constants } = system;
  const protocol = options.SO_PROTOCOL;
  if (protocol === undefined) return false;
  option.length = 4;
  const returned = system.getsockopt(fd, protocol.level, protocol.number, option);
  return returned === 0 && option.ints[0] === constants.IPPROTO.TCP;
}
