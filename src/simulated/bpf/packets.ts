import type { Random } from "../clock/random.ts";
import { HARDWARE, type NetworkInterface } from "../host/network-interface.ts";
import { isMulticast } from "../ip/address.ts";
import { encodePacket } from "../ip/encode.ts";
import { headerSize, type Packet, payloadSize } from "../ip/packet.ts";
import { EXTENSION } from "./instructions.ts";
import type { FilteredPacket } from "./run.ts";

/** The link-layer header of Ethernet and of loopback: two addresses, and the protocol. */
const LINK_HEADER = 14;
/** ETH_P_IP and ETH_P_IPV6. */
const PROTOCOLS = { 4: 0x0800, 6: 0x86dd } as const;
/** PACKET_HOST and PACKET_MULTICAST of <linux/if_packet.h>. */
const PACKET = { HOST: 0, MULTICAST: 2 } as const;

const NO_EXTENSIONS: ReadonlyMap<number, number> = new Map();

/**
 * A packet that arrives, whose program begins with the header of its protocol; or with its data,
 * among sockets of SO_REUSEPORT.
 */
export function filteredPacket(
  packet: Packet,
  device: NetworkInterface,
  random: Random,
  from: "header" | "data" = "header",
): FilteredPacket {
  const ip = encodePacket(packet);
  const protocol = PROTOCOLS[packet.version];
  const bytes = new Uint8Array(LINK_HEADER + ip.length);
  bytes[LINK_HEADER - 2] = protocol >> 8;
  bytes[LINK_HEADER - 1] = protocol & 0xff;
  bytes.set(ip, LINK_HEADER);
  const { payload } = packet;
  const header = "data" in payload ? payloadSize(payload) - payload.data.length : 0;
  const start = LINK_HEADER + headerSize(packet);
  return {
    bytes,
    start: from === "header" ? start : start + header,
    network: LINK_HEADER,
    extensions: new Map<number, number>([
      [EXTENSION.PROTOCOL, protocol],
      [EXTENSION.PKTTYPE, isMulticast(packet.destination) ? PACKET.MULTICAST : PACKET.HOST],
      [EXTENSION.IFINDEX, device.index],
      [EXTENSION.HATYPE, device.loopback ? HARDWARE.LOOPBACK : HARDWARE.ETHER],
      // From where the program begins: skb_get_poff().
      [EXTENSION.PAY_OFFSET, from === "header" ? header : 0],
    ]),
    random: () => random.uint32(),
  };
}

/** A message of a unix socket, which has neither headers nor a device. */
export const filteredMessage = (bytes: Uint8Array, random: Random): FilteredPacket => ({
  bytes,
  start: 0,
  network: undefined,
  extensions: NO_EXTENSIONS,
  random: () => random.uint32(),
});
