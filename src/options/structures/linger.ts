import { boolean, checkObject, integer } from "../../errors/argument.ts";
import type { ReadCodec, WriteCodec } from "../option.ts";

/** How close() handles unsent data: struct linger. */
export interface Linger {
  /**
   * Whether close() waits for it to be sent. With `seconds` 0, close() discards the data and resets
   * the connection.
   */
  readonly on: boolean;
  /** How long close() waits, in seconds: 0 to 2147483647, on Windows to 65535. */
  readonly seconds: number;
}

/**
 * struct linger is { int l_onoff; int l_linger } on Linux and the BSDs, two u_shorts on Windows
 * (winsock2.h).
 */
export const linger: ReadCodec<Linger> & WriteCodec<Linger> = {
  size: 8,
  decode({ ints, view }, { optionLayouts }) {
    if (optionLayouts.linger === "ints") return { on: ints[0] !== 0, seconds: ints[1] ?? 0 };
    return { on: view.getUint16(0, true) !== 0, seconds: view.getUint16(2, true) };
  },
  encode(value, into, { optionLayouts }) {
    checkObject("the option", "{ on, seconds }", value);
    const on = boolean("on", value.on) ? 1 : 0;
    if (optionLayouts.linger === "ints") {
      into.ints[0] = on;
      into.ints[1] = integer("seconds", value.seconds, 0, 0x7fffffff);
      into.length = 8;
    } else {
      into.view.setUint16(2, integer("seconds", value.seconds, 0, 0xffff), true);
      into.view.setUint16(0, on, true);
      into.length = 4;
    }
  },
};
