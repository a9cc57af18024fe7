import { readOption } from "../options/read-option.ts";
import { SO } from "../options/so.ts";
import type { System } from "../system/system.ts";

/** A socket that does not report its protocol is not treated as TCP. */
export function isTcp(system: System, fd: number): boolean {
  return readOption(system, fd, SO.PROTOCOL) === system.constants.IPPROTO.TCP;
}
