import { elements, integer } from "../../errors/argument.ts";
import type { Codec } from "../codecs.ts";

/**
 * The types of messages that a raw socket does not receive: one bit for each (struct icmp_filter,
 * 32 types; struct icmp6_filter, 256).
 */
export function icmpFilter(types: 32 | 256): Codec<readonly number[]> {
  const size = types / 8;
  return {
    size,
    decode({ bytes }) {
      const all = Array.from({ length: types }, (_, type) => type);
      return all.filter((type) => ((bytes[type >> 3] ?? 0) & (1 << (type & 7))) !== 0);
    },
    encode(value, into) {
      const blocked = elements("the option", "an array of types", value, types);
      for (const type of blocked) integer("a type", type, 0, types - 1);
      into.bytes.fill(0, 0, size);
      for (const type of blocked) into.bytes[type >> 3] = (into.bytes[type >> 3] ?? 0) | (1 << (type & 7));
      into.length = size;
    },
  };
}
