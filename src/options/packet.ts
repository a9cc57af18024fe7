import { descriptor, flag, intBetween, uint } from "./codecs.ts";
import { asymmetric, option, readOnly, writeOnly } from "./option.ts";
import { netlinkGroups } from "./structures/netlink-groups.ts";
import { packetFanout, packetMreq, packetRolloverStats, packetStatistics } from "./structures/packet.ts";

/**
 * Options of SOL_PACKET (packet(7)), under their C names. The rings that a program shares with the
 * kernel (PACKET_RX_RING, PACKET_TX_RING) need mmap(), which berkeley does not offer; they are
 * omitted, with the options that only apply to them: PACKET_VERSION, PACKET_HDRLEN,
 * PACKET_RESERVE, PACKET_LOSS, PACKET_COPY_THRESH and PACKET_TX_HAS_OFF.
 */
export const PACKET = {
  /** Receives additional frames of an interface, until the socket is closed. */
  ADD_MEMBERSHIP: writeOnly("PACKET_ADD_MEMBERSHIP", packetMreq),
  /** Received messages carry the lengths and the VLAN of their frame (PACKET_AUXDATA). */
  AUXDATA: option("PACKET_AUXDATA", flag),
  /** Removes a membership. */
  DROP_MEMBERSHIP: writeOnly("PACKET_DROP_MEMBERSHIP", packetMreq),
  /** Shares the frames of an interface with the other sockets of a group; the socket is bound. */
  FANOUT: asymmetric("PACKET_FANOUT", packetFanout, packetFanout),
  /**
   * The eBPF program of a group whose mode is `"ebpf"`: the descriptor of a loaded socket filter,
   * which returns the index of a socket. A group of mode `"cbpf"` cannot be given a program here.
   */
  FANOUT_DATA: writeOnly("PACKET_FANOUT_DATA", descriptor),
  /** Does not receive frames that this machine sends; Linux 4.20. */
  IGNORE_OUTGOING: option("PACKET_IGNORE_OUTGOING", flag),
  /** Addresses name the interface at which a frame arrived, not one that it was forwarded to. */
  ORIGDEV: option("PACKET_ORIGDEV", flag),
  /** Sends frames directly to the device, bypassing the interface's queue. */
  QDISC_BYPASS: option("PACKET_QDISC_BYPASS", flag),
  /**
   * How the socket passed frames on to others of its group. InvalidArgument unless the group rolls
   * over. The counters are not reset.
   */
  ROLLOVER_STATS: readOnly("PACKET_ROLLOVER_STATS", packetRolloverStats),
  /** How many frames arrived and were dropped since it was last read. */
  STATISTICS: readOnly("PACKET_STATISTICS", packetStatistics),
  /** The source of time stamps: 0, or `SOF_TIMESTAMPING.RAW_HARDWARE`. */
  TIMESTAMP: option("PACKET_TIMESTAMP", intBetween(0, 0x7fffffff)),
  /** Frames begin with a struct virtio_net_hdr; set on a new socket. */
  VNET_HDR: option("PACKET_VNET_HDR", flag),
  /**
   * The size of that header: 10, or 12 with the number of buffers; 0 is none. Other sizes are
   * InvalidArgument. Linux 6.4.
   */
  VNET_HDR_SZ: option("PACKET_VNET_HDR_SZ", intBetween(0, 0x7fffffff)),
};

/**
 * Options of SOL_NETLINK (netlink(7)), under their C names. The rings NETLINK_RX_RING and
 * NETLINK_TX_RING are omitted: Linux removed them in 4.6.
 */
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
  /** The groups that the socket has joined, in ascending order. */
  LIST_MEMBERSHIPS: readOnly("NETLINK_LIST_MEMBERSHIPS", netlinkGroups),
  /** Does not report lost messages, for which `recv()` would fail with ENOBUFS. */
  NO_ENOBUFS: option("NETLINK_NO_ENOBUFS", flag),
  /** Received messages carry their group (NETLINK_PKTINFO). */
  PKTINFO: option("NETLINK_PKTINFO", flag),
};
