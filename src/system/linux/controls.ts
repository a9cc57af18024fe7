import { controlNames } from "../control-names.ts";
import type { OptionNumber } from "../system.ts";

const SOL_SOCKET = 1;
const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const IPPROTO_SCTP = 132;
const SOL_ALG = 279;
const SOL_CAN_J1939 = 107;
const SOL_TLS = 282;

const so = (number: number): OptionNumber => ({ level: SOL_SOCKET, number });
const ip = (number: number): OptionNumber => ({ level: IPPROTO_IP, number });
const ipv6 = (number: number): OptionNumber => ({ level: IPPROTO_IPV6, number });
const sctp = (number: number): OptionNumber => ({ level: IPPROTO_SCTP, number });
const tcp = (number: number): OptionNumber => ({ level: IPPROTO_TCP, number });
const udp = (number: number): OptionNumber => ({ level: IPPROTO_UDP, number });

/**
 * Control messages by C name, sorted. From include/linux/socket.h,
 * include/uapi/asm-generic/socket.h, linux/can/j1939.h, linux/if_alg.h, linux/in.h, linux/in6.h,
 * linux/sctp.h, linux/tcp.h, linux/tls.h and linux/udp.h; the numbers are the same on x64 and
 * arm64. SCM_TIMESTAMP and SCM_TIMESTAMPNS have the numbers of the options.
 */
export const controls: Readonly<Record<string, OptionNumber>> = {
  ALG_SET_AEAD_ASSOCLEN: { level: SOL_ALG, number: 4 },
  ALG_SET_IV: { level: SOL_ALG, number: 2 },
  ALG_SET_OP: { level: SOL_ALG, number: 3 },
  IPV6_2292DSTOPTS: ipv6(4),
  IPV6_2292HOPLIMIT: ipv6(8),
  IPV6_2292HOPOPTS: ipv6(3),
  IPV6_2292PKTINFO: ipv6(2),
  IPV6_2292RTHDR: ipv6(5),
  IPV6_DONTFRAG: ipv6(62),
  IPV6_DSTOPTS: ipv6(59),
  IPV6_FLOWINFO: ipv6(11),
  IPV6_HOPLIMIT: ipv6(52),
  IPV6_HOPOPTS: ipv6(54),
  IPV6_ORIGDSTADDR: ipv6(74),
  IPV6_PATHMTU: ipv6(61),
  IPV6_PKTINFO: ipv6(50),
  IPV6_RECVERR: ipv6(25),
  IPV6_RECVFRAGSIZE: ipv6(77),
  IPV6_RTHDR: ipv6(57),
  IPV6_RTHDRDSTOPTS: ipv6(55),
  IPV6_TCLASS: ipv6(67),
  IP_CHECKSUM: ip(23),
  IP_ORIGDSTADDR: ip(20),
  IP_PKTINFO: ip(8),
  IP_PROTOCOL: ip(52),
  IP_RECVERR: ip(11),
  IP_RECVFRAGSIZE: ip(25),
  IP_RECVOPTS: ip(6),
  IP_RETOPTS: ip(7),
  IP_TOS: ip(1),
  IP_TTL: ip(2),
  NETLINK_LISTEN_ALL_NSID: { level: 270, number: 8 },
  NETLINK_PKTINFO: { level: 270, number: 3 },
  PACKET_AUXDATA: { level: 263, number: 8 },
  SCM_CREDENTIALS: so(2),
  SCM_INQ: so(84),
  SCM_J1939_DEST_ADDR: { level: SOL_CAN_J1939, number: 1 },
  SCM_J1939_DEST_NAME: { level: SOL_CAN_J1939, number: 2 },
  SCM_J1939_PRIO: { level: SOL_CAN_J1939, number: 3 },
  SCM_PIDFD: so(4),
  SCM_RIGHTS: so(1),
  SCM_SECURITY: so(3),
  SCM_TIMESTAMP: so(29),
  SCM_TIMESTAMPING: so(37),
  SCM_TIMESTAMPING_OPT_STATS: so(54),
  SCM_TIMESTAMPING_PKTINFO: so(58),
  SCM_TIMESTAMPNS: so(35),
  SCM_TS_OPT_ID: so(81),
  SCM_TXTIME: so(61),
  SCM_WIFI_STATUS: so(41),
  SCTP_AUTHINFO: sctp(6),
  SCTP_DSTADDRV4: sctp(7),
  SCTP_DSTADDRV6: sctp(8),
  SCTP_INIT: sctp(0),
  SCTP_NXTINFO: sctp(4),
  SCTP_PRINFO: sctp(5),
  SCTP_RCVINFO: sctp(3),
  SCTP_SNDINFO: sctp(2),
  SCTP_SNDRCV: sctp(1),
  SO_MARK: so(36),
  SO_PRIORITY: so(12),
  SO_RXQ_OVFL: so(40),
  TCP_CM_INQ: tcp(36),
  TLS_GET_RECORD_TYPE: { level: SOL_TLS, number: 2 },
  TLS_SET_RECORD_TYPE: { level: SOL_TLS, number: 1 },
  UDP_GRO: udp(104),
  UDP_SEGMENT: udp(103),
};

/** The C name of a control message; undefined if it is not in the table. */
export const controlName = controlNames(controls, [
  // The message that IP_PASSSEC requests arrives at SOL_IP's level (ip_cmsg_recv_security in
  // net/ipv4/ip_sockglue.c).
  [ip(3), "SCM_SECURITY"],
]);
