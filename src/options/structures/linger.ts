import { boolean, checkObject, integer } from "../../errors/argument.ts";
import type { ReadCodec, WriteCodec } from "../option.ts";

/** What close() does with data that is not sent yet: struct linger. */
export interface Linger {
  /** Whether close() waits for it; with `seconds` 0 it throws the data away and resets the connection. */
  readonly on: boolean;
  /** How long close() waits, in seconds: 0 to 2147483647. */
  readonly seconds: number;
}

/** struct linger is { int l_onoff; int l_linger } on Linux and the BSDs. */
export const linger: ReadCodec<Linger> & WriteCodec<Linger> = {
  size: 8,
  decode: ({ ints }) => ({ on: ints[0] !== 0, seconds: ints[1] ?? 0 }),
  encode(value, into) {
    checkObject("the option", "{ on, seconds }", value);
    into.ints[0] = boolean("on", value.on) ? 1 : 0;
    into.ints[1] = integer("seconds", value.seconds, 0, 0x7fffffff);
    into.length = 8;
  },
};
