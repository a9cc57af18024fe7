/** Address families: the first argument of `socket()`. */
export interface AddressFamilies {
  /** The kernel's cryptography API. */
  readonly ALG: number;
  /** AppleTalk. */
  readonly APPLETALK: number;
  /** Ash. */
  readonly ASH: number;
  /** ATM, permanent circuits. */
  readonly ATMPVC: number;
  /** ATM, switched circuits. */
  readonly ATMSVC: number;
  /** Amateur radio. */
  readonly AX25: number;
  /** Bluetooth. */
  readonly BLUETOOTH: number;
  /** A bridge of the kernel, in messages of NETLINK. */
  readonly BRIDGE: number;
  /** Modems of ST-Ericsson. */
  readonly CAIF: number;
  /** Controller area network. */
  readonly CAN: number;
  /** DECnet. */
  readonly DECnet: number;
  /** Econet. */
  readonly ECONET: number;
  /** A Hyper-V virtual machine and its host. */
  readonly HYPERV: number;
  /** InfiniBand. */
  readonly IB: number;
  /** IEEE 802.15.4. */
  readonly IEEE802154: number;
  /** IPv4. */
  readonly INET: number;
  /** IPv6. */
  readonly INET6: number;
  /** IPX. */
  readonly IPX: number;
  /** Infrared. */
  readonly IRDA: number;
  /** ISDN. */
  readonly ISDN: number;
  /** Virtual machines of z/VM. */
  readonly IUCV: number;
  /** Messages over TCP (kernel connection multiplexor). */
  readonly KCM: number;
  /** IPsec keys (PF_KEY). */
  readonly KEY: number;
  /** Link-layer addresses. */
  readonly LINK: number;
  /** IEEE 802.2. */
  readonly LLC: number;
  /** POSIX's later name of UNIX. */
  readonly LOCAL: number;
  /** Management components (MCTP). */
  readonly MCTP: number;
  /** MPLS. */
  readonly MPLS: number;
  /** NetBEUI; reserved. */
  readonly NETBEUI: number;
  /** Messages to and from the Linux kernel. */
  readonly NETLINK: number;
  /** NET/ROM of amateur radio. */
  readonly NETROM: number;
  /** Near-field communication. */
  readonly NFC: number;
  /** Frames of a network device. */
  readonly PACKET: number;
  /** Modems of Nokia. */
  readonly PHONET: number;
  /** PPP over Ethernet and the like. */
  readonly PPPOX: number;
  /** Processors of Qualcomm. */
  readonly QIPCRTR: number;
  /** Reliable datagrams. */
  readonly RDS: number;
  /** ROSE of amateur radio. */
  readonly ROSE: number;
  /** Routes; another name of NETLINK on Linux. */
  readonly ROUTE: number;
  /** RPC of AFS. */
  readonly RXRPC: number;
  /** Security callbacks; reserved. */
  readonly SECURITY: number;
  /** TCP over RDMA (shared memory communications). */
  readonly SMC: number;
  /** SNA of IBM. */
  readonly SNA: number;
  /** The kernel of macOS. */
  readonly SYSTEM: number;
  /** TIPC. */
  readonly TIPC: number;
  /** Sockets in the file system or, on Linux, in the abstract namespace. */
  readonly UNIX: number;
  /** No family: `connect()` accepts it to disconnect. */
  readonly UNSPEC: number;
  /** A virtual machine and its host. */
  readonly VSOCK: number;
  /** Wanpipe. */
  readonly WANPIPE: number;
  /** X.25. */
  readonly X25: number;
  /** Frames of a network device, past the network stack. */
  readonly XDP: number;
}
