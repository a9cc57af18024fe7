import { integer, kind } from "../errors/argument.ts";
import type { ReadCodec, WriteCodec } from "./option.ts";

export type Codec<Value> = ReadCodec<Value> & WriteCodec<Value>;

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
export const int: Codec<number> = intBetween(-0x80000000, 0x7fffffff);

/** A C unsigned int, or __u32. */
export const uint: Codec<number> = intBetween(0, 0xffffffff);

/** A C int, or an unsigned one, of which the option takes a part of the range. */
export function intBetween(min: number, max: number): Codec<number> {
  return {
    size: 4,
    decode: (value) => (max > 0x7fffffff ? (value.ints[0] ?? 0) >>> 0 : (value.ints[0] ?? 0)),
    encode(value, into) {
      into.ints[0] = integer("the option", value, min, max);
      into.length = 4;
    },
  };
}

/** Bytes as they are, up to `max`: what is read is a copy. */
export function bytes(max: number): Codec<Uint8Array> {
  return {
    size: max,
    decode: (value) => value.valid.slice(),
    encode(value, into) {
      if (!(value instanceof Uint8Array))
        throw new TypeError(`the option takes a Uint8Array, not ${kind(value)}`);
      if (value.byteLength > max) {
        throw new RangeError(`the option takes at most ${max} bytes, not ${value.byteLength}`);
      }
      into.bytes.set(value);
      into.length = value.byteLength;
    },
  };
}
