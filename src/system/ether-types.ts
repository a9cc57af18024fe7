/**
 * Ethernet protocols: the third argument of `socket()` with AF.PACKET, in network byte order there,
 * and the protocol of a packet address.
 */
export interface EtherTypes {
  /** Precision Time Protocol (PTP). */
  readonly "1588": number;
  /** Stacked VLANs. */
  readonly "8021AD": number;
  /** Provider backbones. */
  readonly "8021AH": number;
  /** VLANs. */
  readonly "8021Q": number;
  /** IEEE 802.2. */
  readonly "802_2": number;
  /** IEEE 802.3 without a type. */
  readonly "802_3": number;
  /** ARP of AppleTalk. */
  readonly AARP: number;
  /** Every protocol, sent and received. */
  readonly ALL: number;
  /** ATA over Ethernet. */
  readonly AOE: number;
  /** ARP. */
  readonly ARP: number;
  /** AppleTalk. */
  readonly ATALK: number;
  /** B.A.T.M.A.N. */
  readonly BATMAN: number;
  /** CAN. */
  readonly CAN: number;
  /** CAN FD. */
  readonly CANFD: number;
  /** CAN XL. */
  readonly CANXL: number;
  /** Connectivity faults. */
  readonly CFM: number;
  /** Ports of switches. */
  readonly DSA: number;
  /** Ports of switches, with a type. */
  readonly EDSA: number;
  /** Mirrored frames, type II. */
  readonly ERSPAN: number;
  /** Mirrored frames, type III. */
  readonly ERSPAN2: number;
  /** EtherCAT. */
  readonly ETHERCAT: number;
  /** Fibre Channel over Ethernet. */
  readonly FCOE: number;
  /** The initialisation of FCOE. */
  readonly FIP: number;
  /** Seamless redundancy. */
  readonly HSR: number;
  /** InfiniBand over Ethernet. */
  readonly IBOE: number;
  /** IEEE 802.15.4. */
  readonly IEEE802154: number;
  /** IPv4. */
  readonly IP: number;
  /** IPv6. */
  readonly IPV6: number;
  /** IPX. */
  readonly IPX: number;
  /** Links of wireless networks. */
  readonly LINK_CTL: number;
  /** LLDP. */
  readonly LLDP: number;
  /** Ethernet loopback. */
  readonly LOOP: number;
  /** Ethernet loopback of IEEE 802.3. */
  readonly LOOPBACK: number;
  /** MACsec. */
  readonly MACSEC: number;
  /** Multiplexing of Qualcomm. */
  readonly MAP: number;
  /** Management components. */
  readonly MCTP: number;
  /** MPLS, to groups. */
  readonly MPLS_MC: number;
  /** MPLS. */
  readonly MPLS_UC: number;
  /** Media redundancy. */
  readonly MRP: number;
  /** Registration of VLANs. */
  readonly MVRP: number;
  /** Network controller sideband interface. */
  readonly NCSI: number;
  /** Network service headers. */
  readonly NSH: number;
  /** IEEE 802.1X. */
  readonly PAE: number;
  /** Pauses. */
  readonly PAUSE: number;
  /** Modems of Nokia. */
  readonly PHONET: number;
  /** PPPoE discovery. */
  readonly PPP_DISC: number;
  /** PPP over several links. */
  readonly PPP_MP: number;
  /** PPPoE sessions. */
  readonly PPP_SES: number;
  /** Authentication in advance, of IEEE 802.11. */
  readonly PREAUTH: number;
  /** PROFINET. */
  readonly PROFINET: number;
  /** Parallel redundancy. */
  readonly PRP: number;
  /** Stacked VLANs, before 8021AD. */
  readonly QINQ1: number;
  /** Reverse ARP. */
  readonly RARP: number;
  /** Protocols of Realtek. */
  readonly REALTEK: number;
  /** Slow protocols, such as LACP. */
  readonly SLOW: number;
  /** Ethernet in tunnels. */
  readonly TEB: number;
  /** TIPC. */
  readonly TIPC: number;
  /** Time-sensitive networks. */
  readonly TSN: number;
  /** Web caches. */
  readonly WCCP: number;
  /** X.25. */
  readonly X25: number;
}
