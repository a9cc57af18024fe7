import { type InterfaceReference, interfaceIndex } from "../../address/interface-index.ts";
import { checkObject } from "../../errors/argument.ts";
import type { WriteCodec } from "../option.ts";
import { writeIpv6 } from "./fields.ts";

/** The source of sent datagrams: struct in6_pktinfo. */
export interface In6Pktinfo {
  /** The source address; `"::"`, the default, is none. */
  readonly addr?: string;
  /** The index or name of the interface; 0, the default, lets the kernel choose. */
  readonly ifindex?: InterfaceReference;
}

/**
 * struct in6_pktinfo is { struct in6_addr ipi6_addr; int ipi6_ifindex }
 * (include/uapi/linux/ipv6.h).
 */
export const in6Pktinfo: WriteCodec<In6Pktinfo> = {
  encode(value, into, system) {
    checkObject("the option", "{ addr, ifindex }", value);
    writeIpv6("addr", value.addr ?? "::", into, 0);
    into.view.setInt32(16, interfaceIndex("ifindex", value.ifindex ?? 0, system), true);
    into.length = 20;
  },
};
