import type { Codec } from "../codecs.ts";
import { ifindex } from "./fields.ts";

/**
 * An interface index in network byte order, as IP_UNICAST_IF requires (do_ip_setsockopt in
 * net/ipv4/ip_sockglue.c).
 */
export const interfaceNumber: Codec<number> = {
  size: 4,
  decode: ({ view }) => view.getUint32(0),
  encode(value, into) {
    into.view.setUint32(0, ifindex("the number of an interface", value));
    into.length = 4;
  },
};
