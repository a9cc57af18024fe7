import { integer, kind } from "../errors/argument.ts";
import type { ReadCodec, WriteCodec } from "./option.ts";

type Codec<Value> = ReadCodec<Value> & WriteCodec<Value>;

/** A C int that is 0 or not: a boolean. */
export const flag: Codec<boolean> = {
  size: 4,
  decode: (value) => value.ints[0] !== 0,
  encode(value, into) {
    if (typeof value !== "boolean") throw new TypeError(`the option takes true or false, not ${kind(value)}`);
    into.ints[0] = value ? 1 : 0;
    into.length = 4;
  },
};

/** A C int. */
export const int: Codec<number> = integerCodec(-0x80000000, 0x7fffffff);

/** A C unsigned int, or __u32. */
export const uint: Codec<number> = integerCodec(0, 0xffffffff);

function integerCodec(min: number, max: number): Codec<number> {
  return {
    size: 4,
    decode: (value) => (min < 0 ? (value.ints[0] ?? 0) : (value.ints[0] ?? 0) >>> 0),
    encode(value, into) {
      into.ints[0] = integer("the option", value, min, max);
      into.length = 4;
    },
  };
}
