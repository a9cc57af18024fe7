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
  /** The smallest type; smaller numbers are lengths of IEEE 802.3. */
  readonly "802_3_MIN": number;
  /** Local experiments. */
  readonly "802_EX1": number;
  /** ARP of AppleTalk. */
  readonly AARP: number;
  /** Virtual machines of z/VM. */
  readonly AF_IUCV: number;
  /** Every protocol, sent and received. */
  readonly ALL: number;
  /** ATA over Ethernet. */
  readonly AOE: number;
  /** ARCnet. */
  readonly ARCNET: number;
  /** ARP. */
  readonly ARP: number;
  /** AppleTalk. */
  readonly ATALK: number;
  /** Frames of ATM over Ethernet. */
  readonly ATMFATE: number;
  /** Several protocols over ATM. */
  readonly ATMMPOA: number;
  /** Amateur radio. */
  readonly AX25: number;
  /** B.A.T.M.A.N. */
  readonly BATMAN: number;
  /** Amateur radio over Ethernet (G8BPQ). */
  readonly BPQ: number;
  /** Modems of ST-Ericsson. */
  readonly CAIF: number;
  /** CAN. */
  readonly CAN: number;
  /** CAN FD. */
  readonly CANFD: number;
  /** CAN XL. */
  readonly CANXL: number;
  /** Connectivity faults. */
  readonly CFM: number;
  /** Control frames of cards. */
  readonly CONTROL: number;
  /** Customers of DEC. */
  readonly CUST: number;
  /** DDCMP of DEC. */
  readonly DDCMP: number;
  /** Assigned to DEC. */
  readonly DEC: number;
  /** Diagnostics of DEC. */
  readonly DIAG: number;
  /** Loading and dumping of DECnet. */
  readonly DNA_DL: number;
  /** Remote consoles of DECnet. */
  readonly DNA_RC: number;
  /** Routing of DECnet. */
  readonly DNA_RT: number;
  /** Ports of switches. */
  readonly DSA: number;
  /** Ports of switches, as VLANs. */
  readonly DSA_8021Q: number;
  /** Ports of Renesas switches. */
  readonly DSA_A5PSW: number;
  /** Econet of Acorn. */
  readonly ECONET: number;
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
  /** HDLC. */
  readonly HDLC: number;
  /** Seamless redundancy. */
  readonly HSR: number;
  /** InfiniBand over Ethernet. */
  readonly IBOE: number;
  /** IEEE 802.15.4. */
  readonly IEEE802154: number;
  /** Xerox PUP in IEEE 802.3. */
  readonly IEEEPUP: number;
  /** Xerox PUP address translation in IEEE 802.3. */
  readonly IEEEPUPAT: number;
  /** Metadata between traffic controls (ForCES). */
  readonly IFE: number;
  /** IPv4. */
  readonly IP: number;
  /** IPv6. */
  readonly IPV6: number;
  /** IPX. */
  readonly IPX: number;
  /** Infrared. */
  readonly IRDA: number;
  /** Terminals of DEC. */
  readonly LAT: number;
  /** Links of wireless networks. */
  readonly LINK_CTL: number;
  /** LLDP. */
  readonly LLDP: number;
  /** LocalTalk. */
  readonly LOCALTALK: number;
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
  /** Mobitex of Kaleida. */
  readonly MOBITEX: number;
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
  /** AppleTalk over PPP. */
  readonly PPPTALK: number;
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
  /** Xerox PUP. */
  readonly PUP: number;
  /** Xerox PUP address translation. */
  readonly PUPAT: number;
  /** Stacked VLANs, before 8021AD. */
  readonly QINQ1: number;
  /** Stacked VLANs, before 8021AD. */
  readonly QINQ2: number;
  /** Stacked VLANs, before 8021AD. */
  readonly QINQ3: number;
  /** Reverse ARP. */
  readonly RARP: number;
  /** Protocols of Realtek. */
  readonly REALTEK: number;
  /** Clusters of DEC. */
  readonly SCA: number;
  /** Slow protocols, such as LACP. */
  readonly SLOW: number;
  /** SNAP; internal to the kernel. */
  readonly SNAP: number;
  /** Direct links of wireless stations. */
  readonly TDLS: number;
  /** Ethernet in tunnels. */
  readonly TEB: number;
  /** TIPC. */
  readonly TIPC: number;
  /** Tags of switches, at the end of a frame. */
  readonly TRAILER: number;
  /** IEEE 802.2 in token rings. */
  readonly TR_802_2: number;
  /** Time-sensitive networks. */
  readonly TSN: number;
  /** PPP over serial lines. */
  readonly WAN_PPP: number;
  /** Web caches. */
  readonly WCCP: number;
  /** X.25. */
  readonly X25: number;
  /** Ports of switches, with several bytes. */
  readonly XDSA: number;
}
