import { checkObject } from "../../errors/argument.ts";
import type { WriteCodec } from "../option.ts";
import { writeIpv4 } from "./fields.ts";

/** One source of an IPv4 multicast group: struct ip_mreq_source. */
export interface IpMreqSource {
  /** The group: 224.0.0.0 to 239.255.255.255. */
  readonly multiaddr: string;
  /** An address of the interface; `"0.0.0.0"`, the default, lets the kernel choose. */
  readonly interface?: string;
  /** The source's address. */
  readonly sourceaddr: string;
}

/**
 * struct ip_mreq_source is { __be32 imr_multiaddr, imr_interface, imr_sourceaddr }
 * (include/uapi/linux/in.h); on other systems the source precedes the interface.
 */
export const ipMreqSource: WriteCodec<IpMreqSource> = {
  encode(value, into, { optionLayouts: { sourceBeforeInterface } }) {
    checkObject("the option", "{ multiaddr, interface, sourceaddr }", value);
    writeIpv4("multiaddr", value.multiaddr, into, 0);
    writeIpv4("interface", value.interface ?? "0.0.0.0", into, sourceBeforeInterface ? 8 : 4);
    writeIpv4("sourceaddr", value.sourceaddr, into, sourceBeforeInterface ? 4 : 8);
    into.length = 12;
  },
};
