// Sequence numbers are 32-bit integers that wrap around (RFC 9293, 3.4). Two of them can be
// compared as long as they are less than 2^31 apart. Packets carry them, and timestamps, without a
// sign. A connection keeps them with one: V8 stores such integers in place, and any other number in
// memory of its own.

export const fromPacket = (unsigned: number): number => unsigned | 0;

export const toPacket = (signed: number): number => signed >>> 0;

export const add = (sequence: number, by: number): number => (sequence + by) | 0;

/** How far `to` lies after `from`; negative if it lies before. */
export const distance = (from: number, to: number): number => (to - from) | 0;

export const before = (one: number, other: number): boolean => ((one - other) | 0) < 0;

export const after = (one: number, other: number): boolean => ((other - one) | 0) < 0;

/** Whether `low <= sequence <= high`. */
export const between = (sequence: number, low: number, high: number): boolean =>
  (high - low) >>> 0 >= (sequence - low) >>> 0;

export const earlier = (one: number, other: number): number => (before(one, other) ? one : other);

export const later = (one: number, other: number): number => (before(one, other) ? other : one);
