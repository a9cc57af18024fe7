import { outOfRange } from "../../errors/argument.ts";
import { type Codec, intBetween } from "../codecs.ts";

const range = intBetween(-1, 255);

/**
 * An int from 1 to 255, or -1; the kernel rejects 0 (do_ip_setsockopt in net/ipv4/ip_sockglue.c).
 */
export const timeToLive: Codec<number> = {
  ...range,
  encode(value, into, system) {
    range.encode(value, into, system);
    if (value === 0) throw outOfRange("the time to live must be 1 to 255, or -1 for the default, not 0");
  },
};
