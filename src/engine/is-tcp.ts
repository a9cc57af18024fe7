import { readOption } from "../options/read-option.ts";
import { SO } from "../options/so.ts";
import type { System } from "../system/system.ts";
import type { SocketKind } from "./engine.ts";

/** Whether a socket is TCP; false if it does not report its protocol. */
export function isTcp(system: System, fd: number): boolean {
  return readOption(system, fd, SO.PROTOCOL) === system.constants.IPPROTO.TCP;
}

/** The same for one of many sockets of the same kind, of which only one is queried. */
export function isTcpKind(system: System, fd: number, kind: SocketKind): boolean {
  kind.isTcp ??= isTcp(system, fd);
  return kind.isTcp;
}
