import { argumentType, copyOfBytes, integer, invalidValue, kind, outOfRange } from "../errors/argument.ts";
import { encodeText, newDecoder } from "../system/text.ts";
import { isUint8Array, lengthOf } from "../system/view.ts";
import type { ReadCodec, WriteCodec } from "./option.ts";

/** The encoding of an option whose value has the same type to get and to set. */
export type Codec<Value> = ReadCodec<Value> & WriteCodec<Value>;

/** A boolean, as a C int that is zero or nonzero. */
export const flag: Codec<boolean> = {
  size: 4,
  decode: (value) => value.ints[0] !== 0,
  encode(value, into) {
    if (typeof value !== "boolean") throw argumentType(`the option takes true or false, not ${kind(value)}`);
    into.ints[0] = value ? 1 : 0;
    into.length = 4;
  },
};

/** A C int. */
export const int: Codec<number> = intBetween(-0x80000000, 0x7fffffff);

/** A C unsigned int, or __u32. */
export const uint: Codec<number> = intBetween(0, 0xffffffff);

/** A C int or unsigned int, limited to the option's range. */
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

/** A descriptor number, as a C int. */
export const descriptor: Codec<number> = intBetween(0, 0x7fffffff);

/**
 * An option that performs an action when set and has no value, though the kernel requires an int.
 */
export const act: WriteCodec<true> = {
  encode(value: unknown, into) {
    if (value !== true) {
      throw argumentType(`the option takes true, not ${typeof value === "boolean" ? value : kind(value)}`);
    }
    into.ints[0] = 1;
    into.length = 4;
  },
};

/** A __u64 whose bits are all significant, such as a cookie. */
export const uint64: ReadCodec<bigint> = {
  size: 8,
  decode: ({ view }) => view.getBigUint64(0, true),
};

const UNLIMITED = 0xffff_ffff_ffff_ffffn;

/** A 64-bit rate. The kernel stores "unlimited" as all ones; here it is Infinity. */
export const rate: Codec<number> = {
  size: 8,
  decode: ({ view }) => rateAt(view, 0),
  encode(value, into) {
    const bits =
      value === Number.POSITIVE_INFINITY
        ? UNLIMITED
        : BigInt(integer("the option", value, 0, Number.MAX_SAFE_INTEGER));
    into.view.setBigUint64(0, bits, true);
    into.length = 8;
  },
};

/** Reads a rate from its two halves: going through a bigint takes twice as long. */
export function rateAt(view: DataView, at: number): number {
  const low = view.getUint32(at, true);
  const high = view.getUint32(at + 4, true);
  return low === 0xffffffff && high === 0xffffffff ? Number.POSITIVE_INFINITY : high * 2 ** 32 + low;
}

const decoder = newDecoder();

/**
 * A name: a C string of at most `max` bytes, with or without its NUL. To the kernel, `""` is no
 * name.
 */
export function name(max: number): Codec<string> {
  return {
    size: max + 1,
    decode({ valid }) {
      const end = valid.indexOf(0);
      return decoder.decode(end === -1 ? valid : valid.subarray(0, end));
    },
    encode(value, into) {
      if (typeof value !== "string") throw argumentType(`the option takes a string, not ${kind(value)}`);
      if (!value.isWellFormed() || value.includes("\0")) {
        throw invalidValue(`the option takes a string without NULs or lone surrogates`);
      }
      const bytes = encodeText(value);
      if (bytes.byteLength > max) {
        throw outOfRange(`the option takes at most ${max} bytes; ${JSON.stringify(value)} is longer`);
      }
      into.bytes.set(bytes);
      into.bytes[bytes.byteLength] = 0;
      into.length = bytes.byteLength + 1;
    },
  };
}

/** Raw bytes, up to `max`. Reading returns a copy. */
export function bytes(max: number): Codec<Uint8Array> {
  return {
    size: max,
    decode: ({ valid }) => valid.slice(),
    encode(value, into) {
      const checked = checkBytes("the option", value, 0, max);
      into.bytes.set(checked);
      into.length = checked.byteLength;
    },
  };
}

/** Copies a Uint8Array of `min` to `max` bytes; throws on any other value. */
export function checkBytes(what: string, value: Uint8Array, min: number, max: number): Uint8Array {
  if (!isUint8Array(value)) throw argumentType(`${what} must be a Uint8Array, not ${kind(value)}`);
  const length = lengthOf(value);
  if (length < min || length > max) {
    throw outOfRange(`${what} is ${length} bytes long; it must be ${min} to ${max}`);
  }
  // A transferred view has a length of 0, and is rejected here.
  return copyOfBytes(what, value);
}
