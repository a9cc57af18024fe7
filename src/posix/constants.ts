import { unavailable } from "../errors/argument.ts";
import type {
  BluetoothAddressTypes,
  BluetoothModes,
  BluetoothPhys,
  BluetoothProtocols,
  BluetoothSecurityLevels,
  BluetoothVoices,
  HciChannels,
} from "../system/bluetooth-constants.ts";
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
import type { EtherTypes } from "../system/ether-types.ts";
import type {
  AlgOperations,
  CanBroadcastManager,
  CanIsotpFlags,
  CanValues,
  J1939Values,
  RdsTransports,
  TipcEvents,
  TipcImportances,
  TipcScopes,
  TipcServices,
  TipcSubscriptions,
  XdpFlags,
} from "../system/family-constants.ts";
import { constants as linux } from "../system/linux/constants.ts";
import type {
  SctpAddressChanges,
  SctpAddressStates,
  SctpAssociationChanges,
  SctpAssociationResetFlags,
  SctpAssociations,
  SctpAuthentication,
  SctpBindxFlags,
  SctpDataFlags,
  SctpEvents,
  SctpFlags,
  SctpNotificationErrors,
  SctpPartialDeliveries,
  SctpPeerAddressFlags,
  SctpReliabilities,
  SctpResetRequests,
  SctpSchedulers,
  SctpStates,
  SctpStreamChangeFlags,
  SctpStreamResetFlags,
} from "../system/sctp-constants.ts";
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
import { ofCurrentSystem } from "./of-current-system.ts";

export type {
  AddressFamilies,
  AddressInfoFlags,
  AlgOperations,
  BluetoothAddressTypes,
  BluetoothModes,
  BluetoothPhys,
  BluetoothProtocols,
  BluetoothSecurityLevels,
  BluetoothVoices,
  CanBroadcastManager,
  CanIsotpFlags,
  CanValues,
  ErrorCodes,
  ErrorOrigins,
  EtherTypes,
  HciChannels,
  InterfaceFlags,
  J1939Values,
  MessageFlags,
  NameInfoFlags,
  NetlinkFamilies,
  OptionLevels,
  PacketTypes,
  PathMtuDiscoveries,
  PollEvents,
  Protocols,
  RdsTransports,
  SctpAddressChanges,
  SctpAddressStates,
  SctpAssociationChanges,
  SctpAssociationResetFlags,
  SctpAssociations,
  SctpAuthentication,
  SctpBindxFlags,
  SctpDataFlags,
  SctpEvents,
  SctpFlags,
  SctpNotificationErrors,
  SctpPartialDeliveries,
  SctpPeerAddressFlags,
  SctpReliabilities,
  SctpResetRequests,
  SctpSchedulers,
  SctpStates,
  SctpStreamChangeFlags,
  SctpStreamResetFlags,
  Shutdowns,
  SocketTypes,
  SourcePreferences,
  TcpStates,
  TimestampingFlags,
  TipcEvents,
  TipcImportances,
  TipcScopes,
  TipcServices,
  TipcSubscriptions,
  TransmitTimeFlags,
  UdpEncapsulations,
  VsockValues,
  XdpFlags,
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

/** Values of `IPV6.MTU_DISCOVER`. */
export const IPV6_PMTUDISC: PathMtuDiscoveries = all("IPV6_PMTUDISC");

/** Flags of `IPV6.ADDR_PREFERENCES`, combined with `|`. */
export const IPV6_PREFER_SRC: SourcePreferences = all("IPV6_PREFER_SRC");

/** Values of `IP.MTU_DISCOVER`. */
export const IP_PMTUDISC: PathMtuDiscoveries = all("IP_PMTUDISC");

/** Protocols of AF.NETLINK: NETLINK_ROUTE is `NETLINK_FAMILY.ROUTE`. */
export const NETLINK_FAMILY: NetlinkFamilies = all("NETLINK_FAMILY");

/** Values of `pkttype` in a packet address: PACKET_HOST is `PACKET_TYPE.HOST`. */
export const PACKET_TYPE: PacketTypes = all("PACKET_TYPE");

/** Flags of `SO.TIMESTAMPING`, and of `SCM_TIMESTAMPING` those that begin with TX_. */
export const SOF_TIMESTAMPING: TimestampingFlags = all("SOF_TIMESTAMPING");

/** Values of `flags` in `SO.TXTIME`, combined with `|`. */
export const SOF_TXTIME: TransmitTimeFlags = all("SOF_TXTIME");

/** Values of `code` in an error of the error queue, for the origins TXTIME and ZEROCOPY. */
export const SO_EE_CODE: ErrorCodes = all("SO_EE_CODE");

/** Values of `origin` in an error of the error queue. */
export const SO_EE_ORIGIN: ErrorOrigins = all("SO_EE_ORIGIN");

/**
 * Values of `state` in `TCP.INFO`. On macOS and FreeBSD, the headers name them TCPS_CLOSED and so
 * on.
 */
export const TCP_STATE: TcpStates = all("TCP_STATE");

/** Values of `UDP.ENCAP`. */
export const UDP_ENCAP: UdpEncapsulations = all("UDP_ENCAP");

/** Values of a vsock address. */
export const VMADDR: VsockValues = all("VMADDR");

/** Values of the control message `ALG_SET_OP`: ALG_OP_ENCRYPT is `ALG_OP.ENCRYPT`. */
export const ALG_OP: AlgOperations = all("ALG_OP");

/** Values of `addressType` in an L2CAP address. */
export const BDADDR: BluetoothAddressTypes = all("BDADDR");

/** Protocols of AF.BLUETOOTH: the third argument of `socket()`. */
export const BTPROTO: BluetoothProtocols = all("BTPROTO");

/** Values of `BT.MODE`. */
export const BT_MODE: BluetoothModes = all("BT_MODE");

/** Bits of `BT.PHY`. */
export const BT_PHY: BluetoothPhys = all("BT_PHY");

/** Values of `level` in `BT.SECURITY`. */
export const BT_SECURITY: BluetoothSecurityLevels = all("BT_SECURITY");

/** Values of `BT.VOICE`. */
export const BT_VOICE: BluetoothVoices = all("BT_VOICE");

/** Protocols of AF.CAN, the flags and masks of an identifier, and the flag of a filter. */
export const CAN: CanValues = all("CAN");

/** Operations and flags of messages of CAN.BCM: TX_SETUP is `CAN_BCM.TX_SETUP`. */
export const CAN_BCM: CanBroadcastManager = all("CAN_BCM");

/** Values of `flags` in `CAN_ISOTP.OPTS`, combined with `|`: CAN_ISOTP_TX_PADDING and so on. */
export const CAN_ISOTP_FLAG: CanIsotpFlags = all("CAN_ISOTP_FLAG");

/** Values of `channel` in an HCI address. */
export const HCI_CHANNEL: HciChannels = all("HCI_CHANNEL");

/** Addresses and parameter groups of SAE J1939. */
export const J1939: J1939Values = all("J1939");

/** Values of `RDS.TRANSPORT`: RDS_TRANS_TCP is `RDS_TRANS.TCP`. */
export const RDS_TRANS: RdsTransports = all("RDS_TRANS");
/** Associations that an `assocId` may stand for: SCTP_FUTURE_ASSOC is `SCTP_ASSOC.FUTURE`. */
export const SCTP_ASSOC: SctpAssociations = all("SCTP_ASSOC");

/** Flags of the notification ASSOC_RESET_EVENT: SCTP_ASSOC_RESET_DENIED and so on. */
export const SCTP_ASSOC_RESET: SctpAssociationResetFlags = all("SCTP_ASSOC_RESET");

/**
 * Algorithms of `SCTP.HMAC_IDENT`, and the indications of AUTHENTICATION_EVENT: SCTP_AUTH_NEW_KEY
 * and so on.
 */
export const SCTP_AUTH: SctpAuthentication = all("SCTP_AUTH");

/** The third argument of `sctp_bindx()`. */
export const SCTP_BINDX: SctpBindxFlags = all("SCTP_BINDX");

/** Flags of the notifications SEND_FAILED_EVENT and SEND_FAILED: SCTP_DATA_SENT and so on. */
export const SCTP_DATA: SctpDataFlags = all("SCTP_DATA");

/**
 * Values of `SCTP.ENABLE_STREAM_RESET`, combined with `|`: SCTP_ENABLE_RESET_STREAM_REQ and so on.
 */
export const SCTP_ENABLE: SctpResetRequests = all("SCTP_ENABLE");

/**
 * Values of `type` in `SCTP.EVENT`, and the types of notifications: SCTP_ASSOC_CHANGE and so on.
 */
export const SCTP_EVENT: SctpEvents = all("SCTP_EVENT");

/** Flags of `SCTP_SNDINFO` and `SCTP_RCVINFO`: SCTP_UNORDERED is `SCTP_FLAG.UNORDERED`. */
export const SCTP_FLAG: SctpFlags = all("SCTP_FLAG");

/** The indication of PARTIAL_DELIVERY_EVENT: SCTP_PARTIAL_DELIVERY_ABORTED. */
export const SCTP_PARTIAL_DELIVERY: SctpPartialDeliveries = all("SCTP_PARTIAL_DELIVERY");

/** Policies of partial reliability (RFC 3758, RFC 7496): SCTP_PR_SCTP_TTL is `SCTP_PR.TTL`. */
export const SCTP_PR: SctpReliabilities = all("SCTP_PR");

/** Values of `state` in the notification ASSOC_CHANGE: SCTP_COMM_UP and so on. */
export const SCTP_SAC: SctpAssociationChanges = all("SCTP_SAC");

/**
 * Values of `error` in the notifications ASSOC_CHANGE and PEER_ADDR_CHANGE that are not a cause of
 * an ABORT: SCTP_FAILED_THRESHOLD and so on.
 */
export const SCTP_SN_ERROR: SctpNotificationErrors = all("SCTP_SN_ERROR");

/** Values of `state` in the notification PEER_ADDR_CHANGE: SCTP_ADDR_AVAILABLE and so on. */
export const SCTP_SPC: SctpAddressChanges = all("SCTP_SPC");

/** States of an address of the peer: SCTP_ACTIVE is `SCTP_SPINFO.ACTIVE`. */
export const SCTP_SPINFO: SctpAddressStates = all("SCTP_SPINFO");

/** Flags of `SCTP.PEER_ADDR_PARAMS`, combined with `|`: SPP_HB_ENABLE is `SCTP_SPP.HB_ENABLE`. */
export const SCTP_SPP: SctpPeerAddressFlags = all("SCTP_SPP");

/** Values of `SCTP.STREAM_SCHEDULER` (RFC 8260, 3): SCTP_SS_FCFS and so on. */
export const SCTP_SS: SctpSchedulers = all("SCTP_SS");

/** States of an association in `SCTP.STATUS`: SCTP_ESTABLISHED is `SCTP_STATE.ESTABLISHED`. */
export const SCTP_STATE: SctpStates = all("SCTP_STATE");

/** Flags of the notification STREAM_CHANGE_EVENT: SCTP_STREAM_CHANGE_DENIED and so on. */
export const SCTP_STREAM_CHANGE: SctpStreamChangeFlags = all("SCTP_STREAM_CHANGE");

/**
 * Flags of `SCTP.RESET_STREAMS` and of the notification STREAM_RESET_EVENT:
 * SCTP_STREAM_RESET_INCOMING and so on.
 */
export const SCTP_STREAM_RESET: SctpStreamResetFlags = all("SCTP_STREAM_RESET");

/** The events of TIPC's topology service: TIPC_PUBLISHED and so on. */
export const TIPC_EVENT: TipcEvents = all("TIPC_EVENT");

/** Values of `TIPC.IMPORTANCE`: TIPC_LOW_IMPORTANCE is `TIPC_IMPORTANCE.LOW`. */
export const TIPC_IMPORTANCE: TipcImportances = all("TIPC_IMPORTANCE");

/** Values of `scope` in a TIPC address: TIPC_CLUSTER_SCOPE is `TIPC_SCOPE.CLUSTER`. */
export const TIPC_SCOPE: TipcScopes = all("TIPC_SCOPE");

/** Values of `service` in a TIPC address: TIPC_TOP_SRV is `TIPC_SERVICE.TOP_SRV`. */
export const TIPC_SERVICE: TipcServices = all("TIPC_SERVICE");

/** Flags of a subscription at TIPC's topology service: TIPC_SUB_PORTS and so on. */
export const TIPC_SUBSCRIPTION: TipcSubscriptions = all("TIPC_SUBSCRIPTION");

/** Values of `flags` in an XDP address, combined with `|`. */
export const XDP: XdpFlags = all("XDP");

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

/**
 * The constants of the System that the code runs on. On Linux they are the same everywhere, since
 * simulated hosts have Linux's, and reading one costs nothing.
 */
function all<Names extends object>(prefix: Group): Names {
  const lacking = lackingNames(prefix);
  // Reading a property either returns a number or throws.
  return onLinux
    ? Object.assign(Object.create(lacking), linux[prefix])
    : ofCurrentSystem(() => currentSystem().constants[prefix], lacking);
}

/** The prototype of the constants, which handles names that the system lacks. */
function lackingNames(prefix: string): object {
  return new Proxy(Object.prototype, {
    get(target, name, receiver) {
      if (typeof name === "symbol" || !/^[A-Z0-9]/.test(name)) return Reflect.get(target, name, receiver);
      const system = currentSystem().name;
      throw unavailable(`${system} has no ${prefix}_${name}; test for it with \`"${name}" in ${prefix}\``);
    },
  });
}
