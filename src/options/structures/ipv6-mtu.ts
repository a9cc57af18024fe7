import { outOfRange } from "../../errors/argument.ts";
import { type Codec, intBetween } from "../codecs.ts";

const range = intBetween(0, 0xffff);

/** IPV6_MIN_MTU (include/net/ipv6.h). */
const MIN_MTU = 1280;

/**
 * The value of IPV6_MTU: 1280 to 65535, since the kernel stores it in 16 bits (struct ipv6_pinfo in
 * include/linux/ipv6.h), or 0.
 */
export const ipv6Mtu: Codec<number> = {
  ...range,
  encode(value, into, system) {
    range.encode(value, into, system);
    if (value !== 0 && value < MIN_MTU) {
      throw outOfRange(`the option must be ${MIN_MTU} to 65535, or 0 for the path MTU, not ${value}`);
    }
  },
};
