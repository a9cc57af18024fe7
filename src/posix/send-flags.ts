import { int, outOfRange } from "../errors/argument.ts";
import type { System } from "../system/system.ts";

/** The flags of a send: MSG.NOSIGNAL is always set, and MSG.ZEROCOPY is rejected. */
export function sendFlags(system: System, flags: number): number {
  const { NOSIGNAL = 0, ZEROCOPY = 0 } = system.constants.MSG;
  if (int("flags", flags) & ZEROCOPY) {
    throw outOfRange(
      "flags has MSG.ZEROCOPY: the kernel would read the memory after the call, when it may hold " +
        "something else",
    );
  }
  return flags | NOSIGNAL;
}
