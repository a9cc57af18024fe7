import { unavailable } from "../errors/argument.ts";
import type {
  AddressFamilies,
  Constants,
  MessageFlags,
  OptionLevels,
  PollEvents,
  Protocols,
  Shutdowns,
  SocketTypes,
} from "../system/constants.ts";
import { currentSystem, onLinux } from "../system/current.ts";
import { constants as linux } from "../system/linux/constants.ts";
import { somaxconn } from "../system/somaxconn.ts";
import type {
  AddressInfoFlags,
  ErrorOrigins,
  EtherTypes,
  InterfaceFlags,
  NameInfoFlags,
  NetlinkFamilies,
  PacketTypes,
  PathMtuDiscoveries,
  TcpStates,
  TimestampingFlags,
  VsockValues,
} from "../system/value-constants.ts";
import { ofCurrentSystem } from "./of-current-system.ts";

export type {
  AddressFamilies,
  AddressInfoFlags,
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
  TcpStates,
  TimestampingFlags,
  VsockValues,
};

// The constants of this machine's system, or of the simulated host that the code runs on, under
// their C names. The compiler types every system's names as numbers; reading one that this system
// lacks throws. Test with `"NETLINK" in AF` first.

type Group = Exclude<keyof Constants, "SOMAXCONN">;

/** Address families: the first argument of `socket()`. */
export const AF: AddressFamilies = all("AF");

/** Protocols: the third argument of `socket()`; 0 is the type's default. */
export const IPPROTO: Protocols = all("IPPROTO");

/** Flags of `send()` and `recv()`, combined with `|`. */
export const MSG: MessageFlags = all("MSG");

/** Events of `poll()`, combined with `|`. */
export const POLL: PollEvents = all("POLL");

/** The directions that `shutdown()` closes: its second argument. */
export const SHUT: Shutdowns = all("SHUT");

/** Socket types: the second argument of `socket()`. */
export const SOCK: SocketTypes = all("SOCK");

/** Option levels, besides the protocols of `IPPROTO`: the first argument of `rawOption()`. */
export const SOL: OptionLevels = all("SOL");

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
export const ETH_P: EtherTypes = all("ETH_P");

/** Flags of `getaddrinfo()`, combined with `|`. */
export const AI: AddressInfoFlags = all("AI");

/** Flags of `getnameinfo()`, combined with `|`. */
export const NI: NameInfoFlags = all("NI");

/** Flags of a network interface, in the answer of `SIOC.GIFFLAGS`. */
export const IFF: InterfaceFlags = all("IFF");

/** Values of `IP.MTU_DISCOVER` and `IPV6.MTU_DISCOVER`. */
export const IP_PMTUDISC: PathMtuDiscoveries = all("IP_PMTUDISC");

/** Protocols of AF.NETLINK: NETLINK_ROUTE is `NETLINK_FAMILY.ROUTE`. */
export const NETLINK_FAMILY: NetlinkFamilies = all("NETLINK_FAMILY");

/** Values of `pkttype` in a packet address: PACKET_HOST is `PACKET_TYPE.HOST`. */
export const PACKET_TYPE: PacketTypes = all("PACKET_TYPE");

/** Flags of `SO.TIMESTAMPING`, and of `SCM_TIMESTAMPING` those that begin with TX_. */
export const SOF_TIMESTAMPING: TimestampingFlags = all("SOF_TIMESTAMPING");

/** Values of `origin` in an error of the error queue. */
export const SO_EE_ORIGIN: ErrorOrigins = all("SO_EE_ORIGIN");

/**
 * Values of `state` in `TCP.INFO`. On macOS and FreeBSD, the headers name them TCPS_CLOSED and so
 * on.
 */
export const TCP_STATE: TcpStates = all("TCP_STATE");

/** Values of a vsock address. */
export const VMADDR: VsockValues = all("VMADDR");

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
  /** The last group that routers do not pass on. */
  MAX_LOCAL_GROUP: "224.0.0.255",
  /** The base of all groups. */
  UNSPEC_GROUP: "224.0.0.0",
} as const;

/** IPv6 addresses that `<netinet/in.h>` names, as text. */
export const IN6ADDR = {
  /** Any address of this machine. */
  ANY: "::",
  /** This machine. */
  LOOPBACK: "::1",
} as const;

/**
 * The constants of the System that the code runs on. On Linux they are the same everywhere, since
 * simulated hosts have Linux's, and reading one costs nothing.
 */
function all<Names extends object>(prefix: Group): Names {
  const lacking = lackingNames(prefix);
  // Every read either returns a number or throws.
  return onLinux
    ? Object.assign(Object.create(lacking), linux[prefix])
    : ofCurrentSystem(() => currentSystem().constants[prefix], lacking);
}

/** The prototype of the constants, where names end that the system lacks. */
function lackingNames(prefix: string): object {
  return new Proxy(Object.prototype, {
    get(target, name, receiver) {
      if (typeof name === "symbol" || !/^[A-Z0-9]/.test(name)) return Reflect.get(target, name, receiver);
      const system = currentSystem().name;
      throw unavailable(`${system} has no ${prefix}_${name}; test for it with \`"${name}" in ${prefix}\``);
    },
  });
}
