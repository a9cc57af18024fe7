/**
 * Option levels, besides the protocols of `IPPROTO`: the first argument of `rawOption()`. The
 * system's headers have more; `rawOption()` accepts any number.
 */
export interface OptionLevels {
  /** ATM adaptation layers. */
  readonly AAL: number;
  /** The kernel's cryptography API. */
  readonly ALG: number;
  /** AppleTalk. */
  readonly ATALK: number;
  /** ATM. */
  readonly ATM: number;
  /** Amateur radio. */
  readonly AX25: number;
  /** Bluetooth. */
  readonly BLUETOOTH: number;
  /** CAIF. */
  readonly CAIF: number;
  /** CAN: its level, plus the protocol. */
  readonly CAN_BASE: number;
  /** ISO-TP on CAN. */
  readonly CAN_ISOTP: number;
  /** SAE J1939 on CAN. */
  readonly CAN_J1939: number;
  /** Raw CAN. */
  readonly CAN_RAW: number;
  /** DCCP. */
  readonly DCCP: number;
  /** DECnet. */
  readonly DECNET: number;
  /** Bluetooth adapters. */
  readonly HCI: number;
  /** ICMPv6. */
  readonly ICMPV6: number;
  /** IPv4: the level of `IP`. */
  readonly IP: number;
  /** IPv6: the level of `IPV6`. */
  readonly IPV6: number;
  /** IPX. */
  readonly IPX: number;
  /** Infrared. */
  readonly IRDA: number;
  /** Virtual machines of z/VM. */
  readonly IUCV: number;
  /** KCM. */
  readonly KCM: number;
  /** Logical links of Bluetooth. */
  readonly L2CAP: number;
  /** IEEE 802.2. */
  readonly LLC: number;
  /** Unix sockets, on macOS and FreeBSD: the level of `LOCAL`. */
  readonly LOCAL: number;
  /** MCTP. */
  readonly MCTP: number;
  /** Multipath TCP. */
  readonly MPTCP: number;
  /** NetBEUI. */
  readonly NETBEUI: number;
  /** Messages to and from the Linux kernel. */
  readonly NETLINK: number;
  /** NET/ROM of amateur radio. */
  readonly NETROM: number;
  /** Near-field communication. */
  readonly NFC: number;
  /** Frames of a network device. */
  readonly PACKET: number;
  /** Pipes of Phonet. */
  readonly PNPIPE: number;
  /** PPP over L2TP. */
  readonly PPPOL2TP: number;
  /** Raw IP. */
  readonly RAW: number;
  /** RDS. */
  readonly RDS: number;
  /** Serial ports over Bluetooth. */
  readonly RFCOMM: number;
  /** ROSE of amateur radio. */
  readonly ROSE: number;
  /** RxRPC. */
  readonly RXRPC: number;
  /** Voice over Bluetooth. */
  readonly SCO: number;
  /** SCTP. */
  readonly SCTP: number;
  /** SMC. */
  readonly SMC: number;
  /** The socket itself, whatever its protocol: the level of `SO`. */
  readonly SOCKET: number;
  /** TCP: the level of `TCP`. */
  readonly TCP: number;
  /** TIPC. */
  readonly TIPC: number;
  /** Encryption of a TCP connection by the kernel. */
  readonly TLS: number;
  /** UDP: the level of `UDP`. */
  readonly UDP: number;
  /** vsock. */
  readonly VSOCK: number;
  /** X.25. */
  readonly X25: number;
  /** Frames of a network device, past the network stack. */
  readonly XDP: number;
}
