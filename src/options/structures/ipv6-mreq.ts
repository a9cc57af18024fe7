import { type InterfaceReference, interfaceIndex } from "../../address/interface-index.ts";
import { checkObject } from "../../errors/argument.ts";
import type { WriteCodec } from "../option.ts";
import { writeIpv6 } from "./fields.ts";

/** An IPv6 multicast group, or anycast address, on an interface: struct ipv6_mreq. */
export interface Ipv6Mreq {
  /** The group, such as `"ff02::fb"`. */
  readonly multiaddr: string;
  /** The index or name of the interface; 0, the default, lets the kernel choose. */
  readonly ifindex?: InterfaceReference;
}

/**
 * struct ipv6_mreq is { struct in6_addr ipv6mr_multiaddr; int ipv6mr_ifindex }
 * (include/uapi/linux/in6.h).
 */
export const ipv6Mreq: WriteCodec<Ipv6Mreq> = {
  encode(value, into, system) {
    checkObject("the option", "{ multiaddr, ifindex }", value);
    writeIpv6("multiaddr", value.multiaddr, into, 0);
    into.view.setInt32(16, interfaceIndex("ifindex", value.ifindex ?? 0, system), true);
    into.length = 20;
  },
};
