/** Protocols: the third argument of `socket()`; 0 is the default protocol of the type. */
export interface Protocols {
  /** IPsec authentication. */
  readonly AH: number;
  /** IPsec BEET. */
  readonly BEETPH: number;
  /** Compression (IPComp). */
  readonly COMP: number;
  /** Datagram congestion control protocol. */
  readonly DCCP: number;
  /** IPv6 destination options. */
  readonly DSTOPTS: number;
  /** Exterior gateway protocol. */
  readonly EGP: number;
  /** Encapsulation. */
  readonly ENCAP: number;
  /** ISO CLNP. */
  readonly EON: number;
  /** IPsec encryption. */
  readonly ESP: number;
  /** Ethernet in IPv6. */
  readonly ETHERNET: number;
  /** IPv6 fragments. */
  readonly FRAGMENT: number;
  /** Gateway to gateway; obsolete. */
  readonly GGP: number;
  /** Generic routing encapsulation. */
  readonly GRE: number;
  /** Hello routing. */
  readonly HELLO: number;
  /** IPv6 hop-by-hop options. */
  readonly HOPOPTS: number;
  /** Internet control messages. */
  readonly ICMP: number;
  /** Internet control messages of IPv6. */
  readonly ICMPV6: number;
  /** Xerox datagrams. */
  readonly IDP: number;
  /** Multicast group management. */
  readonly IGMP: number;
  /** The default protocol of the type. */
  readonly IP: number;
  /** Compression: the name of COMP on macOS and FreeBSD. */
  readonly IPCOMP: number;
  /** IPv4 in IP. */
  readonly IPIP: number;
  /** IPv4 in IP: the name of IPIP on macOS, FreeBSD and Windows. */
  readonly IPV4: number;
  /** IPv6. */
  readonly IPV6: number;
  /** Layer 2 tunnels. */
  readonly L2TP: number;
  /** IPv6 mobility. */
  readonly MH: number;
  /** MPLS in IP. */
  readonly MPLS: number;
  /** TCP over several paths. */
  readonly MPTCP: number;
  /** Multicast transport. */
  readonly MTP: number;
  /** Sun's disks over the network. */
  readonly ND: number;
  /** No next header of IPv6. */
  readonly NONE: number;
  /** Pragmatic general multicast. */
  readonly PGM: number;
  /** Multicast routing. */
  readonly PIM: number;
  /** PARC universal packets. */
  readonly PUP: number;
  /** Raw IP packets. */
  readonly RAW: number;
  /** IPv6 routing. */
  readonly ROUTING: number;
  /** Reservations. */
  readonly RSVP: number;
  /** Stream control transmission protocol. */
  readonly SCTP: number;
  /** TCP over RDMA: the protocol of AF.INET and AF.INET6; Linux 6.11. */
  readonly SMC: number;
  /** Transmission control protocol. */
  readonly TCP: number;
  /** ISO transport class 4. */
  readonly TP: number;
  /** User datagram protocol. */
  readonly UDP: number;
  /** UDP with a partial checksum. */
  readonly UDPLITE: number;
  /** Express transport. */
  readonly XTP: number;
}
