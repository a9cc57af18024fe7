import { readOption } from "../options/read-option.ts";
import { SO } from "../options/so.ts";
import type { System } from "../system/system.ts";
import type { SocketKind } from "./engine.ts";

/** A socket that does not report its protocol is not treated as TCP. */
export function isTcp(system: System, fd: number): boolean {
  return readOption(system, fd, SO.PROTOCOL) === system.constants.IPPROTO.TCP;
}

/** The same for one of many sockets of a kind, of which one is asked. */
export function isTcpKind(system: System, fd: number, kind: SocketKind): boolean {
  kind.isTcp ??= isTcp(system, fd);
  return kind.isTcp;
}
