import type { System } from "../system/system.ts";

/**
 * Has close() send a reset: struct linger is { int l_onoff; int l_linger } in POSIX, and two shorts
 * in Winsock.
 */
export function lingerAtOnce(system: System, fd: number): void {
  const { option, options, optionLayouts } = system;
  const linger = options.SO_LINGER;
  if (linger === undefined) return;
  option.ints[0] = 1;
  option.ints[1] = 0;
  option.length = optionLayouts.linger === "ints" ? 8 : 4;
  system.setsockopt(fd, linger.level, linger.number, option);
}
