import { SO } from "../options/so.ts";
import { writeOption } from "../options/write-option.ts";
import type { System } from "../system/system.ts";

const AT_ONCE = { on: true, seconds: 0 } as const;

/**
 * Makes close() send a reset. If the option cannot be set, close() ends the connection as usual.
 */
export function lingerAtOnce(system: System, fd: number): void {
  writeOption(system, fd, SO.LINGER, AT_ONCE);
}
