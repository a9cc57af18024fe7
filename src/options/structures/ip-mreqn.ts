import { type InterfaceReference, interfaceIndex } from "../../address/interface-index.ts";
import { checkObject, outOfRange } from "../../errors/argument.ts";
import type { System, ValueResult } from "../../system/system.ts";
import type { ReadCodec, WriteCodec } from "../option.ts";
import { readIpv4, writeIpv4 } from "./fields.ts";

/**
 * An IPv4 multicast interface, by index or by one of its addresses. If both are given, the index
 * wins.
 */
export interface MulticastInterface {
  /** An address of the interface; `"0.0.0.0"`, the default, lets the kernel choose. */
  readonly address?: string;
  /**
   * The index or name of the interface; 0, the default, is none. For memberships, only Linux
   * supports it.
   */
  readonly ifindex?: InterfaceReference;
}

/** An IPv4 multicast group on an interface: struct ip_mreqn. */
export interface IpMreqn extends MulticastInterface {
  /** The group: 224.0.0.0 to 239.255.255.255. */
  readonly multiaddr: string;
}

/**
 * struct ip_mreqn is { in_addr imr_multiaddr; in_addr imr_address; int imr_ifindex }
 * (include/uapi/linux/in.h).
 */
const IP_MREQN = { address: 4, ifindex: 8, size: 12 };

/** On other systems, struct ip_mreq ends before the interface index. */
export const ipMreqn: WriteCodec<IpMreqn> = {
  encode(value, into, system) {
    const { name, optionLayouts } = system;
    checkObject("the option", "{ multiaddr, address, ifindex }", value);
    write(value, into, system);
    if (optionLayouts.membership === "ip_mreqn") return;
    if (into.ints[IP_MREQN.ifindex >> 2] !== 0) {
      throw outOfRange(
        `ifindex must be 0: ${name} knows the interface by its address here, and by its number in ` +
          "MCAST_JOIN_GROUP",
      );
    }
    into.length = IP_MREQN.ifindex;
  },
};

/**
 * The value of IP_MULTICAST_IF: an ip_mreqn whose group is ignored, or just the interface's
 * address.
 */
export const multicastInterface: WriteCodec<string | MulticastInterface> = {
  encode(value, into, system) {
    if (typeof value !== "string")
      checkObject("the option", "an IPv4 address or { address, ifindex }", value);
    const { address, ifindex } = typeof value === "string" ? { address: value, ifindex: 0 } : value;
    write({ multiaddr: "0.0.0.0", address: address ?? "0.0.0.0", ifindex: ifindex ?? 0 }, into, system);
  },
};

function write({ multiaddr, address, ifindex }: IpMreqn, into: ValueResult, system: System): void {
  writeIpv4("multiaddr", multiaddr, into, 0);
  writeIpv4("address", address ?? "0.0.0.0", into, IP_MREQN.address);
  into.view.setInt32(IP_MREQN.ifindex, interfaceIndex("ifindex", ifindex ?? 0, system), true);
  into.length = IP_MREQN.size;
}

/** struct in_addr. */
export const ipv4Address: ReadCodec<string> = { size: 4, decode: (value) => readIpv4(value, 0) };
