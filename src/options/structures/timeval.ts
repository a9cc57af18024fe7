import { argumentType, integer, kind, outOfRange } from "../../errors/argument.ts";
import type { Codec } from "../codecs.ts";

/**
 * 71 years. Beyond 2^52 microseconds, a double of milliseconds cannot represent every microsecond.
 */
const MAX_MICROSECONDS = 2 ** 51;

/**
 * A timeout: struct timeval, { int64 tv_sec; int64 tv_usec } on 64-bit machines; macOS has 32 bits
 * of tv_usec, and padding. The value is in milliseconds, as usual in JavaScript, and may have a
 * fraction. It is rounded to microseconds, but never down to 0, which means no timeout. Windows
 * uses a DWORD of milliseconds, rounded up.
 */
export const milliseconds: Codec<number> = {
  size: 16,
  decode({ view }, { optionLayouts }) {
    if (optionLayouts.timeout === "milliseconds") return view.getUint32(0, true);
    return (Number(view.getBigInt64(0, true)) * 1_000_000 + view.getInt32(8, true)) / 1000;
  },
  encode(value, into, { optionLayouts }) {
    const microseconds = toMicroseconds(value);
    if (optionLayouts.timeout === "milliseconds") {
      into.view.setUint32(0, integer("a timeout", Math.ceil(microseconds / 1000), 0, 0xffffffff), true);
      into.length = 4;
      return;
    }
    const seconds = Math.floor(microseconds / 1_000_000);
    into.view.setBigInt64(0, BigInt(seconds), true);
    into.view.setBigInt64(8, BigInt(microseconds - seconds * 1_000_000), true);
    into.length = 16;
  },
};

function toMicroseconds(value: number): number {
  if (typeof value !== "number") throw argumentType(`a timeout must be a number, not ${kind(value)}`);
  const microseconds = Math.round(value * 1000);
  if (!(value >= 0 && microseconds <= MAX_MICROSECONDS)) {
    throw outOfRange(`a timeout must be 0 (none) to ${MAX_MICROSECONDS / 1000} milliseconds, not ${value}`);
  }
  return value > 0 ? Math.max(1, microseconds) : 0;
}
