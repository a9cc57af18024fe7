import { options } from "../../system/linux/options.ts";
import { asFlag, between, optionTable, Refused, type SimpleOption } from "../host/simple-option.ts";

const udp = (name: keyof typeof options, accept: SimpleOption["accept"] = asFlag): SimpleOption => ({
  ...options[name],
  initial: 0,
  minimum: 4,
  accept,
});

const ENOPROTOOPT = new Refused(-92);

/** Options of IPPROTO_UDP (udp_lib_setsockopt() in net/ipv4/udp.c). */
export const UDP_OPTION = {
  CORK: udp("UDP_CORK"),
  /** Nothing here encapsulates: 0, UDP_ENCAP_ESPINUDP (2) and UDP_ENCAP_L2TPINUDP (3) are kept. */
  ENCAP: udp("UDP_ENCAP", (value) => (value === 0 || value === 2 || value === 3 ? value : ENOPROTOOPT)),
  GRO: udp("UDP_GRO"),
  NO_CHECK6_RX: udp("UDP_NO_CHECK6_RX"),
  NO_CHECK6_TX: udp("UDP_NO_CHECK6_TX"),
  SEGMENT: udp("UDP_SEGMENT", between(0, 0xffff)),
} satisfies Readonly<Record<string, SimpleOption>>;

export const udpOptions = optionTable(UDP_OPTION);
