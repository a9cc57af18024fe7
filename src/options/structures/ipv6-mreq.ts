import { checkObject } from "../../errors/argument.ts";
import type { WriteCodec } from "../option.ts";
import { ifindex, writeIpv6 } from "./fields.ts";

/** An IPv6 multicast group, or anycast address, on an interface: struct ipv6_mreq. */
export interface Ipv6Mreq {
  /** The group, such as `"ff02::fb"`. */
  readonly multiaddr: string;
  /** The interface index; 0, the default, lets the kernel choose. */
  readonly ifindex?: number;
}

/**
 * struct ipv6_mreq is { struct in6_addr ipv6mr_multiaddr; int ipv6mr_ifindex }
 * (include/uapi/linux/in6.h).
 */
export const ipv6Mreq: WriteCodec<Ipv6Mreq> = {
  encode(value, into) {
    checkObject("the option", "{ multiaddr, ifindex }", value);
    writeIpv6("multiaddr", value.multiaddr, into, 0);
    into.view.setInt32(16, ifindex("ifindex", value.ifindex ?? 0), true);
    into.length = 20;
  },
};
