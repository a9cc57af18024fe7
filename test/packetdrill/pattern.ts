/** Data of a stream, from a position on, in which every byte identifies its position. */
export function pattern(position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) {
    const at = position + index;
    bytes[index] = (at * 31 + (at >>> 8) * 7 + (at >>> 16)) & 0xff;
  }
  return bytes;
}
