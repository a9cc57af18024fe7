// Data that a program passes in several pieces: struct iovec.

/** Copies bytes into pieces from an offset on, as far as there is room; returns how many fit. */
export function scatter(bytes: Uint8Array, pieces: readonly Uint8Array[], at = 0): number {
  let from = 0;
  let skip = at;
  for (const piece of pieces) {
    if (from === bytes.length) break;
    const free = piece.byteLength - skip;
    if (free > 0) {
      const part = bytes.subarray(from, from + free);
      piece.set(part, skip);
      from += part.length;
    }
    skip = Math.max(0, -free);
  }
  return from;
}

/** Copies bytes out of pieces, from an offset on. */
export function gather(pieces: readonly Uint8Array[], length: number, from = 0): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  let skip = from;
  for (const piece of pieces) {
    if (at === length) break;
    if (skip < piece.byteLength) {
      const part = piece.subarray(skip, skip + length - at);
      bytes.set(part, at);
      at += part.length;
      skip = 0;
    } else skip -= piece.byteLength;
  }
  return bytes;
}
