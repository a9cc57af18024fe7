import { flag, intBetween, uint } from "./codecs.ts";
import { option, readOnly, writeOnly } from "./option.ts";
import { packetFanout, packetMreq, packetStatistics } from "./structures/packet.ts";

/**
 * Options of SOL_PACKET (packet(7)), under their C names. Those of the memory that a program shares
 * with the kernel (PACKET_RX_RING) are omitted.
 */
export const PACKET = {
  /** Receives additional frames of an interface, until the socket is closed. */
  ADD_MEMBERSHIP: writeOnly("PACKET_ADD_MEMBERSHIP", packetMreq),
  /** Received messages carry the lengths and the VLAN of their frame (PACKET_AUXDATA). */
  AUXDATA: option("PACKET_AUXDATA", flag),
  /** Removes a membership. */
  DROP_MEMBERSHIP: writeOnly("PACKET_DROP_MEMBERSHIP", packetMreq),
  /** Shares the frames of an interface with the other sockets of a group; the socket is bound. */
  FANOUT: option("PACKET_FANOUT", packetFanout),
  /** Does not receive frames that this machine sends; Linux 4.20. */
  IGNORE_OUTGOING: option("PACKET_IGNORE_OUTGOING", flag),
  /** Addresses name the interface at which a frame arrived, not one that it was forwarded to. */
  ORIGDEV: option("PACKET_ORIGDEV", flag),
  /** Sends frames directly to the device, bypassing the interface's queue. */
  QDISC_BYPASS: option("PACKET_QDISC_BYPASS", flag),
  /** How many frames arrived and were dropped since it was last read. */
  STATISTICS: readOnly("PACKET_STATISTICS", packetStatistics),
  /** The source of time stamps: 0, or `SOF_TIMESTAMPING.RAW_HARDWARE`. */
  TIMESTAMP: option("PACKET_TIMESTAMP", intBetween(0, 0x7fffffff)),
  /** Frames begin with a struct virtio_net_hdr; set on a new socket. */
  VNET_HDR: option("PACKET_VNET_HDR", flag),
};

/** Options of SOL_NETLINK (netlink(7)), under their C names. */
export const NETLINK = {
  /** Joins a group, by its number, from 1 on. */
  ADD_MEMBERSHIP: writeOnly("NETLINK_ADD_MEMBERSHIP", uint),
  /** Reports an error to the broadcaster if this socket's buffer is full. */
  BROADCAST_ERROR: option("NETLINK_BROADCAST_ERROR", flag),
  /** Acknowledgements omit the request. */
  CAP_ACK: option("NETLINK_CAP_ACK", flag),
  /** Leaves a group. */
  DROP_MEMBERSHIP: writeOnly("NETLINK_DROP_MEMBERSHIP", uint),
  /** Acknowledgements explain errors. */
  EXT_ACK: option("NETLINK_EXT_ACK", flag),
  /** Checks requests strictly; Linux 4.20. */
  GET_STRICT_CHK: option("NETLINK_GET_STRICT_CHK", flag),
  /**
   * Receives messages of every network namespace that has a number here; needs CAP_NET_BROADCAST.
   */
  LISTEN_ALL_NSID: option("NETLINK_LISTEN_ALL_NSID", flag),
  /** Does not report lost messages, for which `recv()` would fail with ENOBUFS. */
  NO_ENOBUFS: option("NETLINK_NO_ENOBUFS", flag),
  /** Received messages carry their group (NETLINK_PKTINFO). */
  PKTINFO: option("NETLINK_PKTINFO", flag),
};
