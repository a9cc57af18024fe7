import type { AddressFamilies } from "../system/address-families.ts";
import type { MessageFlags, PollEvents, Shutdowns, SocketTypes } from "../system/constants.ts";
import type { EtherTypes } from "../system/ether-types.ts";
import type { OptionLevels } from "../system/option-levels.ts";
import type { Protocols } from "../system/protocols.ts";
import { somaxconn } from "../system/somaxconn.ts";
import type {
  AddressInfoFlags,
  ErrorCodes,
  ErrorOrigins,
  InterfaceFlags,
  NameInfoFlags,
  NetlinkFamilies,
  PacketTypes,
  PathMtuDiscoveries,
  SourcePreferences,
  TcpStates,
  TimestampingFlags,
  TransmitTimeFlags,
  UdpEncapsulations,
  VsockValues,
} from "../system/value-constants.ts";
import { constantsOf } from "./constants-of.ts";

export type {
  AddressFamilies,
  AddressInfoFlags,
  ErrorCodes,
  ErrorOrigins,
  EtherTypes,
  InterfaceFlags,
  MessageFlags,
  NameInfoFlags,
  NetlinkFamilies,
  OptionLevels,
  PacketTypes,
  PathMtuDiscoveries,
  PollEvents,
  Protocols,
  Shutdowns,
  SocketTypes,
  SourcePreferences,
  TcpStates,
  TimestampingFlags,
  TransmitTimeFlags,
  UdpEncapsulations,
  VsockValues,
};

// The constants of this machine's system, or of the simulated host that the code runs on, under
// their C names. The compiler types every system's names as numbers; reading one that this system
// lacks throws. Test with `"NETLINK" in AF` first.

/** Address families: the first argument of `socket()`. */
export const AF: AddressFamilies = constantsOf("AF");

/** Protocols: the third argument of `socket()`; 0 is the type's default. */
export const IPPROTO: Protocols = constantsOf("IPPROTO");

/** Flags of `send()` and `recv()`, combined with `|`. */
export const MSG: MessageFlags = constantsOf("MSG");

/** Events of `poll()`, combined with `|`. */
export const POLL: PollEvents = constantsOf("POLL");

/** The directions that `shutdown()` closes: its second argument. */
export const SHUT: Shutdowns = constantsOf("SHUT");

/** Socket types: the second argument of `socket()`. */
export const SOCK: SocketTypes = constantsOf("SOCK");

/** Option levels, besides the protocols of `IPPROTO`: the first argument of `rawOption()`. */
export const SOL: OptionLevels = constantsOf("SOL");

/**
 * The largest backlog according to `<sys/socket.h>`. The kernel's own limit may differ: on Linux,
 * `net.core.somaxconn`. Always this machine's, also on a simulated host.
 */
export const SOMAXCONN: number =
  Object.entries(somaxconn).find(([platform]) => platform === globalThis.process?.platform)?.[1] ??
  somaxconn.linux;

/**
 * Ethernet protocols: the third argument of `socket()` with AF.PACKET, in network byte order there,
 * and the protocol of a packet address.
 */
export const ETH_P: EtherTypes = constantsOf("ETH_P");

/** Flags of `getaddrinfo()`, combined with `|`. */
export const AI: AddressInfoFlags = constantsOf("AI");

/** Flags of `getnameinfo()`, combined with `|`. */
export const NI: NameInfoFlags = constantsOf("NI");

/** Flags of a network interface, in the answer of `SIOC.GIFFLAGS`. */
export const IFF: InterfaceFlags = constantsOf("IFF");

/** Values of `IPV6.MTU_DISCOVER`. */
export const IPV6_PMTUDISC: PathMtuDiscoveries = constantsOf("IPV6_PMTUDISC");

/** Flags of `IPV6.ADDR_PREFERENCES`, combined with `|`. */
export const IPV6_PREFER_SRC: SourcePreferences = constantsOf("IPV6_PREFER_SRC");

/** Values of `IP.MTU_DISCOVER`. */
export const IP_PMTUDISC: PathMtuDiscoveries = constantsOf("IP_PMTUDISC");

/** Protocols of AF.NETLINK: NETLINK_ROUTE is `NETLINK_FAMILY.ROUTE`. */
export const NETLINK_FAMILY: NetlinkFamilies = constantsOf("NETLINK_FAMILY");

/** Values of `pkttype` in a packet address: PACKET_HOST is `PACKET_TYPE.HOST`. */
export const PACKET_TYPE: PacketTypes = constantsOf("PACKET_TYPE");

/** Flags of `SO.TIMESTAMPING`, and of `SCM_TIMESTAMPING` those that begin with TX_. */
export const SOF_TIMESTAMPING: TimestampingFlags = constantsOf("SOF_TIMESTAMPING");

/** Values of `flags` in `SO.TXTIME`, combined with `|`. */
export const SOF_TXTIME: TransmitTimeFlags = constantsOf("SOF_TXTIME");

/** Values of `code` in an error of the error queue, for the origins TXTIME and ZEROCOPY. */
export const SO_EE_CODE: ErrorCodes = constantsOf("SO_EE_CODE");

/** Values of `origin` in an error of the error queue. */
export const SO_EE_ORIGIN: ErrorOrigins = constantsOf("SO_EE_ORIGIN");

/**
 * Values of `state` in `TCP.INFO`. On macOS and FreeBSD, the headers name them TCPS_CLOSED and so
 * on.
 */
export const TCP_STATE: TcpStates = constantsOf("TCP_STATE");

/** Values of `UDP.ENCAP`. */
export const UDP_ENCAP: UdpEncapsulations = constantsOf("UDP_ENCAP");

/** Values of a vsock address. */
export const VMADDR: VsockValues = constantsOf("VMADDR");

/** IPv4 addresses that `<netinet/in.h>` names, as text. */
export const INADDR = {
  /** Every group member on this network. */
  ALLHOSTS_GROUP: "224.0.0.1",
  /** Every router on this network. */
  ALLRTRS_GROUP: "224.0.0.2",
  /** Any address of this machine. */
  ANY: "0.0.0.0",
  /** Every machine on this network. */
  BROADCAST: "255.255.255.255",
  /** This machine. */
  LOOPBACK: "127.0.0.1",
  /** The last group that routers do not forward. */
  MAX_LOCAL_GROUP: "224.0.0.255",
  /** What `inet_addr()` returns for invalid text; the same as BROADCAST. */
  NONE: "255.255.255.255",
  /** The base of all groups. */
  UNSPEC_GROUP: "224.0.0.0",
} as const;

/** Ports that `<netinet/in.h>` names. */
export const IPPORT = {
  /** Ports below this one are privileged. */
  RESERVED: 1024,
  /** Ports from this one on were once reserved for servers. */
  USERRESERVED: 5000,
} as const;

/** IPv6 addresses that `<netinet/in.h>` names, as text. */
export const IN6ADDR = {
  /** Any address of this machine. */
  ANY: "::",
  /** This machine. */
  LOOPBACK: "::1",
} as const;
