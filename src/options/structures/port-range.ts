import { checkObject, integer, outOfRange } from "../../errors/argument.ts";
import type { Codec } from "../codecs.ts";

/** The range of ports the kernel chooses from, inclusive. */
export interface PortRange {
  /** The lowest port: 1 to 65535; 0 is the system default. */
  readonly min: number;
  /** The highest port: 1 to 65535; 0 is the system default. */
  readonly max: number;
}

/**
 * A __u32: the lowest port in its lower half, the highest in its upper
 * (inet_sk_get_local_port_range in the kernel).
 */
export const portRange: Codec<PortRange> = {
  size: 4,
  decode: ({ view }) => ({ min: view.getUint16(0, true), max: view.getUint16(2, true) }),
  encode(value, into) {
    checkObject("the option", "{ min, max }", value);
    const min = integer("min", value.min, 0, 0xffff);
    const max = integer("max", value.max, 0, 0xffff);
    if (max !== 0 && min > max) throw outOfRange(`min must not be above max: ${min} to ${max}`);
    into.view.setUint16(0, min, true);
    into.view.setUint16(2, max, true);
    into.length = 4;
  },
};
