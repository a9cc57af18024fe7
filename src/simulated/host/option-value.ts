import type { ValueResult } from "../../system/system.ts";

// How the kernel copies the values of options in and out.

/** An int, cut to the caller's length: what sk_getsockopt() and do_tcp_getsockopt() do. */
export function giveInt(value: ValueResult, number: number): number {
  value.length = Math.min(value.length, 4);
  value.ints[0] = number;
  return 0;
}

/** Bytes, cut to the caller's length. */
export function giveBytes(value: ValueResult, bytes: Uint8Array): number {
  value.length = Math.min(value.length, bytes.length, value.capacity);
  value.bytes.set(bytes.subarray(0, value.length));
  return 0;
}

/** The int at the start of a value that is at least four bytes long; undefined if it is shorter. */
export function takenInt(value: Uint8Array, at = 0): number | undefined {
  if (value.length < at + 4) return undefined;
  return new DataView(value.buffer, value.byteOffset, value.byteLength).getInt32(at, true);
}

/** Ints, as a structure of them. */
export function ints(...values: number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
}

/** A number of 64 bits. */
export function wide(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, value % 2 ** 32, true);
  view.setUint32(4, Math.floor(value / 2 ** 32), true);
  return bytes;
}

/** The number of 64 bits at the start of a value; undefined if it is shorter. */
export function readWide(value: Uint8Array): number | undefined {
  if (value.length < 8) return undefined;
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  return view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
}
