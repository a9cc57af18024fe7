import type { OptionNumber } from "../system.ts";
import { ipv6Options } from "./ipv6-options.ts";
import { sctpOptions } from "./sctp-options.ts";
import { tcpOptions } from "./tcp-options.ts";

const SOL_SOCKET = 1;
const IPPROTO_IP = 0;
const IPPROTO_UDP = 17;
const IPPROTO_ICMPV6 = 58;
const IPPROTO_UDPLITE = 136;
/** The option level of vsock is its address family. */
const AF_VSOCK = 40;
const SOL_ALG = 279;
const SOL_BLUETOOTH = 274;
const SOL_CAN_ISOTP = 106;
const SOL_CAN_J1939 = 107;
const SOL_CAN_RAW = 101;
const SOL_KCM = 281;
const SOL_LLC = 268;
const SOL_MPTCP = 284;
const SOL_NETLINK = 270;
const SOL_RAW = 255;
const SOL_TLS = 282;
const SOL_PACKET = 263;
const SOL_RDS = 276;
const SOL_TIPC = 271;

const so = (number: number): OptionNumber => ({ level: SOL_SOCKET, number });
const ip = (number: number): OptionNumber => ({ level: IPPROTO_IP, number });
const alg = (number: number): OptionNumber => ({ level: SOL_ALG, number });
const bt = (number: number): OptionNumber => ({ level: SOL_BLUETOOTH, number });
const canRaw = (number: number): OptionNumber => ({ level: SOL_CAN_RAW, number });
const isotp = (number: number): OptionNumber => ({ level: SOL_CAN_ISOTP, number });
const j1939 = (number: number): OptionNumber => ({ level: SOL_CAN_J1939, number });
const tipc = (number: number): OptionNumber => ({ level: SOL_TIPC, number });
const icmpv6 = (number: number): OptionNumber => ({ level: IPPROTO_ICMPV6, number });
const kcm = (number: number): OptionNumber => ({ level: SOL_KCM, number });
const llc = (number: number): OptionNumber => ({ level: SOL_LLC, number });
const mptcp = (number: number): OptionNumber => ({ level: SOL_MPTCP, number });
const netlink = (number: number): OptionNumber => ({ level: SOL_NETLINK, number });
const packet = (number: number): OptionNumber => ({ level: SOL_PACKET, number });
const raw = (number: number): OptionNumber => ({ level: SOL_RAW, number });
const rds = (number: number): OptionNumber => ({ level: SOL_RDS, number });
const tls = (number: number): OptionNumber => ({ level: SOL_TLS, number });
const udplite = (number: number): OptionNumber => ({ level: IPPROTO_UDPLITE, number });
const vsock = (number: number): OptionNumber => ({ level: AF_VSOCK, number });
const udp = (number: number): OptionNumber => ({ level: IPPROTO_UDP, number });

/**
 * Sorted by C name. From include/uapi/asm-generic/socket.h, linux/in.h, linux/udp.h,
 * linux/can/isotp.h, linux/can/j1939.h, linux/can/raw.h, linux/icmp.h, linux/icmpv6.h,
 * linux/if_alg.h, linux/if_packet.h, linux/kcm.h, linux/llc.h, linux/mptcp.h, linux/netlink.h,
 * linux/rds.h, linux/tipc.h, linux/tls.h, linux/vm_sockets.h, include/net/udplite.h and
 * linux/netfilter_ipv4.h of Linux 6.18; the numbers are the same on x64 and arm64, and
 * headers.test.ts checks each with the C compiler.
 *
 * Options that are defined but do nothing on Linux are left out (SO_BSDCOMPAT, SO_SECURITY_*). If
 * time has two sizes, the names without a suffix are those of 64-bit machines (SO_RCVTIMEO_OLD).
 * The MCAST_ names are options of both IPPROTO_IP and IPPROTO_IPV6: those of IPPROTO_IPV6 are
 * IPV6_MCAST_ here.
 */
export const options = {
  ALG_SET_AEAD_AUTHSIZE: alg(5),
  ALG_SET_DRBG_ENTROPY: alg(6),
  ALG_SET_KEY: alg(1),
  ALG_SET_KEY_BY_KEY_SERIAL: alg(7),
  BT_DEFER_SETUP: bt(7),
  BT_FLUSHABLE: bt(8),
  BT_MODE: bt(15),
  BT_PHY: bt(14),
  BT_PKT_STATUS: bt(16),
  BT_POWER: bt(9),
  BT_RCVMTU: bt(13),
  BT_SECURITY: bt(4),
  BT_SNDMTU: bt(12),
  BT_VOICE: bt(11),
  CAN_ISOTP_LL_OPTS: isotp(5),
  CAN_ISOTP_OPTS: isotp(1),
  CAN_ISOTP_RECV_FC: isotp(2),
  CAN_ISOTP_RX_STMIN: isotp(4),
  CAN_ISOTP_TX_STMIN: isotp(3),
  CAN_RAW_ERR_FILTER: canRaw(2),
  CAN_RAW_FD_FRAMES: canRaw(5),
  CAN_RAW_FILTER: canRaw(1),
  CAN_RAW_JOIN_FILTERS: canRaw(6),
  CAN_RAW_LOOPBACK: canRaw(3),
  CAN_RAW_RECV_OWN_MSGS: canRaw(4),
  CAN_RAW_XL_FRAMES: canRaw(7),
  ICMPV6_FILTER: icmpv6(1),
  ICMP_FILTER: raw(1),
  ...ipv6Options,
  IP_ADD_MEMBERSHIP: ip(35),
  IP_ADD_SOURCE_MEMBERSHIP: ip(39),
  IP_BIND_ADDRESS_NO_PORT: ip(24),
  IP_BLOCK_SOURCE: ip(38),
  IP_CHECKSUM: ip(23),
  IP_DROP_MEMBERSHIP: ip(36),
  IP_DROP_SOURCE_MEMBERSHIP: ip(40),
  IP_FREEBIND: ip(15),
  IP_HDRINCL: ip(3),
  IP_IPSEC_POLICY: ip(16),
  IP_LOCAL_PORT_RANGE: ip(51),
  IP_MINTTL: ip(21),
  IP_MSFILTER: ip(41),
  IP_MTU: ip(14),
  IP_MTU_DISCOVER: ip(10),
  IP_MULTICAST_ALL: ip(49),
  IP_MULTICAST_IF: ip(32),
  IP_MULTICAST_LOOP: ip(34),
  IP_MULTICAST_TTL: ip(33),
  IP_NODEFRAG: ip(22),
  IP_OPTIONS: ip(4),
  IP_ORIGDSTADDR: ip(20),
  IP_PASSSEC: ip(18),
  IP_PKTINFO: ip(8),
  IP_PKTOPTIONS: ip(9),
  IP_PROTOCOL: ip(52),
  IP_RECVERR: ip(11),
  IP_RECVERR_RFC4884: ip(26),
  IP_RECVFRAGSIZE: ip(25),
  IP_RECVOPTS: ip(6),
  IP_RECVORIGDSTADDR: ip(20),
  IP_RECVRETOPTS: ip(7),
  IP_RECVTOS: ip(13),
  IP_RECVTTL: ip(12),
  IP_RETOPTS: ip(7),
  IP_ROUTER_ALERT: ip(5),
  IP_TOS: ip(1),
  IP_TRANSPARENT: ip(19),
  IP_TTL: ip(2),
  IP_UNBLOCK_SOURCE: ip(37),
  IP_UNICAST_IF: ip(50),
  IP_XFRM_POLICY: ip(17),
  KCM_RECV_DISABLE: kcm(1),
  LLC_OPT_ACK_TMR_EXP: llc(3),
  LLC_OPT_BUSY_TMR_EXP: llc(6),
  LLC_OPT_PKTINFO: llc(9),
  LLC_OPT_P_TMR_EXP: llc(4),
  LLC_OPT_REJ_TMR_EXP: llc(5),
  LLC_OPT_RETRY: llc(1),
  LLC_OPT_RX_WIN: llc(8),
  LLC_OPT_SIZE: llc(2),
  LLC_OPT_TX_WIN: llc(7),
  MCAST_BLOCK_SOURCE: ip(43),
  MCAST_JOIN_GROUP: ip(42),
  MCAST_JOIN_SOURCE_GROUP: ip(46),
  MCAST_LEAVE_GROUP: ip(45),
  MCAST_LEAVE_SOURCE_GROUP: ip(47),
  MCAST_MSFILTER: ip(48),
  MCAST_UNBLOCK_SOURCE: ip(44),
  MPTCP_INFO: mptcp(1),
  MPTCP_SUBFLOW_ADDRS: mptcp(3),
  MPTCP_TCPINFO: mptcp(2),
  NETLINK_ADD_MEMBERSHIP: netlink(1),
  NETLINK_BROADCAST_ERROR: netlink(4),
  NETLINK_CAP_ACK: netlink(10),
  NETLINK_DROP_MEMBERSHIP: netlink(2),
  NETLINK_EXT_ACK: netlink(11),
  NETLINK_GET_STRICT_CHK: netlink(12),
  NETLINK_LISTEN_ALL_NSID: netlink(8),
  NETLINK_LIST_MEMBERSHIPS: netlink(9),
  NETLINK_NO_ENOBUFS: netlink(5),
  NETLINK_PKTINFO: netlink(3),
  PACKET_ADD_MEMBERSHIP: packet(1),
  PACKET_AUXDATA: packet(8),
  PACKET_DROP_MEMBERSHIP: packet(2),
  PACKET_FANOUT: packet(18),
  PACKET_FANOUT_DATA: packet(22),
  PACKET_IGNORE_OUTGOING: packet(23),
  PACKET_ORIGDEV: packet(9),
  PACKET_QDISC_BYPASS: packet(20),
  PACKET_ROLLOVER_STATS: packet(21),
  PACKET_STATISTICS: packet(6),
  PACKET_TIMESTAMP: packet(17),
  PACKET_VNET_HDR: packet(15),
  PACKET_VNET_HDR_SZ: packet(24),
  RDS_CANCEL_SENT_TO: rds(1),
  RDS_CONG_MONITOR: rds(6),
  RDS_RECVERR: rds(5),
  ...sctpOptions,
  SO_ACCEPTCONN: so(30),
  SO_ATTACH_BPF: so(50),
  SO_ATTACH_FILTER: so(26),
  SO_ATTACH_REUSEPORT_CBPF: so(51),
  SO_ATTACH_REUSEPORT_EBPF: so(52),
  SO_BINDTODEVICE: so(25),
  SO_BINDTOIFINDEX: so(62),
  SO_BPF_EXTENSIONS: so(48),
  SO_BROADCAST: so(6),
  SO_BUF_LOCK: so(72),
  SO_BUSY_POLL: so(46),
  SO_BUSY_POLL_BUDGET: so(70),
  SO_CNX_ADVICE: so(53),
  SO_COOKIE: so(57),
  SO_DEBUG: so(1),
  SO_DETACH_BPF: so(27),
  SO_DETACH_FILTER: so(27),
  SO_DETACH_REUSEPORT_BPF: so(68),
  SO_DEVMEM_DONTNEED: so(80),
  SO_DOMAIN: so(39),
  SO_DONTROUTE: so(5),
  SO_ERROR: so(4),
  SO_GET_FILTER: so(26),
  SO_INCOMING_CPU: so(49),
  SO_INCOMING_NAPI_ID: so(56),
  SO_INQ: so(84),
  SO_J1939_ERRQUEUE: j1939(4),
  SO_J1939_FILTER: j1939(1),
  SO_J1939_PROMISC: j1939(2),
  SO_J1939_SEND_PRIO: j1939(3),
  SO_KEEPALIVE: so(9),
  SO_LINGER: so(13),
  SO_LOCK_FILTER: so(44),
  SO_MARK: so(36),
  SO_MAX_PACING_RATE: so(47),
  SO_MEMINFO: so(55),
  SO_NETNS_COOKIE: so(71),
  SO_NOFCS: so(43),
  SO_NO_CHECK: so(11),
  SO_OOBINLINE: so(10),
  SO_ORIGINAL_DST: ip(80),
  SO_PASSCRED: so(16),
  SO_PASSPIDFD: so(76),
  SO_PASSRIGHTS: so(83),
  SO_PASSSEC: so(34),
  SO_PEEK_OFF: so(42),
  SO_PEERCRED: so(17),
  SO_PEERGROUPS: so(59),
  SO_PEERNAME: so(28),
  SO_PEERPIDFD: so(77),
  SO_PEERSEC: so(31),
  SO_PREFER_BUSY_POLL: so(69),
  SO_PRIORITY: so(12),
  SO_PROTOCOL: so(38),
  SO_RCVBUF: so(8),
  SO_RCVBUFFORCE: so(33),
  SO_RCVLOWAT: so(18),
  SO_RCVMARK: so(75),
  SO_RCVPRIORITY: so(82),
  SO_RCVTIMEO: so(20),
  SO_RDS_TRANSPORT: rds(8),
  SO_RESERVE_MEM: so(73),
  SO_REUSEADDR: so(2),
  SO_REUSEPORT: so(15),
  SO_RXQ_OVFL: so(40),
  SO_SELECT_ERR_QUEUE: so(45),
  SO_SNDBUF: so(7),
  SO_SNDBUFFORCE: so(32),
  SO_SNDLOWAT: so(19),
  SO_SNDTIMEO: so(21),
  SO_TIMESTAMP: so(29),
  SO_TIMESTAMPING: so(37),
  SO_TIMESTAMPNS: so(35),
  SO_TXREHASH: so(74),
  SO_TXTIME: so(61),
  SO_TYPE: so(3),
  SO_VM_SOCKETS_BUFFER_MAX_SIZE: vsock(2),
  SO_VM_SOCKETS_BUFFER_MIN_SIZE: vsock(1),
  SO_VM_SOCKETS_BUFFER_SIZE: vsock(0),
  SO_VM_SOCKETS_CONNECT_TIMEOUT: vsock(6),
  SO_VM_SOCKETS_TRUSTED: vsock(5),
  SO_WIFI_STATUS: so(41),
  SO_ZEROCOPY: so(60),
  ...tcpOptions,
  TIPC_CONN_TIMEOUT: tipc(130),
  TIPC_DEST_DROPPABLE: tipc(129),
  TIPC_GROUP_JOIN: tipc(135),
  TIPC_GROUP_LEAVE: tipc(136),
  TIPC_IMPORTANCE: tipc(127),
  TIPC_MCAST_BROADCAST: tipc(133),
  TIPC_MCAST_REPLICAST: tipc(134),
  TIPC_NODELAY: tipc(138),
  TIPC_NODE_RECVQ_DEPTH: tipc(131),
  TIPC_SOCK_RECVQ_DEPTH: tipc(132),
  TIPC_SOCK_RECVQ_USED: tipc(137),
  TIPC_SRC_DROPPABLE: tipc(128),
  TLS_RX: tls(2),
  TLS_RX_EXPECT_NO_PAD: tls(4),
  TLS_TX: tls(1),
  TLS_TX_ZEROCOPY_RO: tls(3),
  UDPLITE_RECV_CSCOV: udplite(11),
  UDPLITE_SEND_CSCOV: udplite(10),
  UDP_CORK: udp(1),
  UDP_ENCAP: udp(100),
  UDP_GRO: udp(104),
  UDP_NO_CHECK6_RX: udp(102),
  UDP_NO_CHECK6_TX: udp(101),
  UDP_SEGMENT: udp(103),
} satisfies Record<string, OptionNumber>;
