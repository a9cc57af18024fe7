import type { Address } from "../../address/address.ts";
import { decodeAddress } from "../../address/sockaddr.ts";
import type { ReadCodec } from "../option.ts";

/**
 * A sockaddr_in or sockaddr_in6. Requests the exact size, since the IPv6 option does not report its
 * length (ipv6_getorigdst in net/netfilter/nf_conntrack_proto.c).
 */
export function originalDestination(family: "ipv4" | "ipv6"): ReadCodec<Address> {
  return {
    size: family === "ipv4" ? 16 : 28,
    decode: (value, system) => decodeAddress(system, value),
  };
}
