/** Adds bytes to a sum of 16-bit words, for the Internet checksum (RFC 1071). */
export function addWords(sum: number, bytes: Uint8Array, from = 0, to = bytes.length): number {
  let total = sum;
  let at = from;
  for (; at + 1 < to; at += 2) total += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  if (at < to) total += (bytes[at] ?? 0) << 8;
  return total;
}

/** The Internet checksum of a sum of words. */
export function finishChecksum(sum: number): number {
  let folded = sum;
  // The sum of 64 KiB stays below 2^32, and `%` is exact beyond.
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}

/** The sum of the pseudo-header of TCP, UDP and ICMPv6 (RFC 9293, 3.1; RFC 8200, 8.1). */
export function pseudoHeader(
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  length: number,
): number {
  return addWords(addWords(0, source), destination) + protocol + (length & 0xffff) + (length >>> 16);
}
