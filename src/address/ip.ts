import { defined } from "../invariant.ts";
import { isIPv4, isIPv6 } from "./is-ip.ts";

/** Parses a dotted address to four bytes; undefined if it is malformed. */
export function parseIpv4(text: string): Uint8Array | undefined {
  return isIPv4(text) ? Uint8Array.from(text.split("."), Number) : undefined;
}

/** Formats the four bytes at `at` as a dotted address. */
export function formatIpv4(bytes: Uint8Array, at = 0): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

/** Parses an IPv6 address without a zone to sixteen bytes; undefined if it is malformed. */
export function parseIpv6(text: string): Uint8Array | undefined {
  if (!isIPv6(text) || text.includes("%")) return undefined;
  const [head, tail] = text.split("::");
  const before = groups(defined(head, "split() returns at least one part"));
  const after = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  for (const [index, group] of [...before, ...zeros, ...after].entries()) view.setUint16(index * 2, group);
  return bytes;
}

/** Parses 16-bit groups; a dotted address at the end counts as two. */
function groups(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    const dotted = parseIpv4(group);
    if (dotted === undefined) return [Number.parseInt(group, 16)];
    const view = new DataView(dotted.buffer);
    return [view.getUint16(0), view.getUint16(2)];
  });
}

/**
 * Formats an address according to RFC 5952: lower case, the longest run of two or more zero groups
 * as `::`, mapped addresses dotted.
 */
export function formatIpv6(bytes: Uint8Array, at = 0): string {
  const words: number[] = [];
  for (let index = 0; index < 8; index += 1)
    words.push((bytes[at + 2 * index] ?? 0) * 256 + (bytes[at + 2 * index + 1] ?? 0));
  let [start, length] = [0, 0];
  for (let from = 0, index = 0; index <= 8; index += 1) {
    if (words[index] === 0) continue;
    if (index - from > length) [start, length] = [from, index - from];
    from = index + 1;
  }
  if (start === 0 && length === 5 && words[5] === 0xffff) return `::ffff:${formatIpv4(bytes, at + 12)}`;
  const hex = (part: readonly number[]) => part.map((word) => word.toString(16)).join(":");
  if (length < 2) return hex(words);
  return `${hex(words.slice(0, start))}::${hex(words.slice(start + length))}`;
}
