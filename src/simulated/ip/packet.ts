/**
 * A packet of IPv4 or IPv6 on its way between hosts. It is immutable, and shared by everyone who
 * sees it: a router or a rule that changes it makes a new one. Addresses are inet_ntop's text
 * without a zone. Bytes exist only at the edges: captures, TUN devices, packetdrill
 * (ip/encode.ts).
 */
export interface Packet {
  readonly version: 4 | 6;
  readonly source: string;
  readonly destination: string;
  /** The TTL of IPv4. */
  readonly hopLimit: number;
  /** DSCP and ECN: the TOS byte of IPv4. */
  readonly trafficClass: number;
  /** IPv6 only. */
  readonly flowLabel: number;
  /** Identifies the fragments of a packet: 16 bits in IPv4, 32 in a fragment header of IPv6. */
  readonly identification: number;
  /** The DF bit; IPv6 behaves as if it were always set. */
  readonly dontFragment: boolean;
  /** Set if this is a fragment. The payload is then raw bytes. */
  readonly fragment: Fragment | undefined;
  readonly payload: Payload;
}

export interface Fragment {
  /** Where the bytes belong in the payload of the whole packet; a multiple of 8. */
  readonly offset: number;
  /** Whether more fragments follow. */
  readonly more: boolean;
}

export type Payload = TcpSegment | UdpDatagram | IcmpMessage | RawPayload;

/** The bits of `TcpSegment.flags`, from the first byte of the header's flags on. */
export const TCP_FLAG = {
  FIN: 0x01,
  SYN: 0x02,
  RST: 0x04,
  PSH: 0x08,
  ACK: 0x10,
  URG: 0x20,
  ECE: 0x40,
  CWR: 0x80,
  /** Accurate ECN (RFC 9768). */
  AE: 0x100,
} as const;

export interface TcpSegment {
  readonly kind: "tcp";
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Below 2^32. */
  readonly sequence: number;
  /** Below 2^32; 0 without the ACK flag. */
  readonly acknowledgment: number;
  /** TCP_FLAG, combined with |. */
  readonly flags: number;
  /** As in the header: 16 bits, not scaled. */
  readonly window: number;
  readonly urgentPointer: number;
  readonly options: TcpOptions;
  /** Never copied on the way, so it must not change once it is sent. */
  readonly data: Uint8Array;
  /** Whether a receiver must drop it. Only faults and packets from outside set this. */
  readonly badChecksum?: boolean;
}

/** Options of a segment; undefined where absent. */
export interface TcpOptions {
  readonly mss: number | undefined;
  readonly windowScale: number | undefined;
  readonly sackPermitted: boolean;
  readonly timestamps: TcpTimestamps | undefined;
  /** Empty if the option is absent. */
  readonly sack: readonly SackBlock[];
  /** Options of other kinds, in order. Empty if there are none. */
  readonly unknown: readonly UnknownTcpOption[];
}

export interface TcpTimestamps {
  readonly value: number;
  readonly echo: number;
}

/** Received bytes: from `left` up to, and without, `right`. */
export interface SackBlock {
  readonly left: number;
  readonly right: number;
}

export interface UnknownTcpOption {
  readonly kind: number;
  /** Without the kind and the length. */
  readonly data: Uint8Array;
}

export const NO_TCP_OPTIONS: TcpOptions = {
  mss: undefined,
  windowScale: undefined,
  sackPermitted: false,
  timestamps: undefined,
  sack: [],
  unknown: [],
};

export interface UdpDatagram {
  readonly kind: "udp";
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly data: Uint8Array;
  /** Whether the header's checksum is zero, as SO_NO_CHECK leaves it (IPv4). */
  readonly noChecksum?: boolean;
  readonly badChecksum?: boolean;
}

/** A message of ICMP in an IPv4 packet, or of ICMPv6 in an IPv6 packet. */
export interface IcmpMessage {
  readonly kind: "icmp";
  readonly type: number;
  readonly code: number;
  /**
   * The four bytes after the checksum: the MTU of "packet too big" and "fragmentation needed", the
   * pointer of a parameter problem, the identifier and sequence number of an echo.
   */
  readonly info: number;
  /** The packet that an error is about, cut where the message was; undefined for other messages. */
  readonly about: Packet | undefined;
  /** What follows the first eight bytes of a message that is not an error. */
  readonly data: Uint8Array;
  readonly badChecksum?: boolean;
}

/** Bytes of a protocol: a fragment's, or those of a protocol that is not simulated. */
export interface RawPayload {
  readonly kind: "raw";
  readonly protocol: number;
  readonly data: Uint8Array;
}

/** The numbers of protocols (IANA). */
export const PROTOCOL = { ICMP: 1, IGMP: 2, TCP: 6, UDP: 17, ICMPV6: 58 } as const;

/** The number of a payload's protocol, as in the header of the packet. */
export function protocolOf({ version, payload }: Packet): number {
  switch (payload.kind) {
    case "tcp":
      return PROTOCOL.TCP;
    case "udp":
      return PROTOCOL.UDP;
    case "icmp":
      return version === 4 ? PROTOCOL.ICMP : PROTOCOL.ICMPV6;
    case "raw":
      return payload.protocol;
  }
}

/** The bytes that a segment's options occupy, padded to a multiple of 4. */
export function tcpOptionsSize(options: TcpOptions): number {
  let size = 0;
  if (options.mss !== undefined) size += 4;
  // SACK-permitted shares the four bytes of the timestamps' padding: tcp_options_write().
  if (options.timestamps !== undefined) size += 12;
  else if (options.sackPermitted) size += 4;
  if (options.windowScale !== undefined) size += 4;
  if (options.sack.length > 0) size += 4 + 8 * options.sack.length;
  let unknown = 0;
  for (const { kind, data } of options.unknown) unknown += kind <= 1 ? 1 : 2 + data.length;
  return size + Math.ceil(unknown / 4) * 4;
}

/** The bytes of a payload. */
export function payloadSize(payload: Payload): number {
  switch (payload.kind) {
    case "tcp":
      return 20 + tcpOptionsSize(payload.options) + payload.data.length;
    case "udp":
      return 8 + payload.data.length;
    case "icmp":
      return 8 + (payload.about === undefined ? payload.data.length : quotedSize(payload.about));
    case "raw":
      return payload.data.length;
  }
}

/** The bytes of a packet's headers before its payload. */
export const headerSize = ({ version, fragment }: Packet): number =>
  version === 4 ? 20 : fragment === undefined ? 40 : 48;

/** The bytes of a packet on a link, without the link's own header. */
export const packetSize = (packet: Packet): number => headerSize(packet) + payloadSize(packet.payload);

/**
 * How much of a packet an error message quotes: the message's packet fits in 576 bytes (RFC 1812,
 * 4.3.2.3), or in IPv6's least MTU of 1280 (RFC 4443, 2.4).
 */
export const quotedSize = (about: Packet): number =>
  Math.min(packetSize(about), about.version === 4 ? 576 - 20 - 8 : 1280 - 40 - 8);
