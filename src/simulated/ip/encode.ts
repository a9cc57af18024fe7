import { defined } from "../../invariant.ts";
import { parseAddress } from "./address.ts";
import { addWords, finishChecksum, pseudoHeader } from "./checksum.ts";
import {
  headerSize,
  type IcmpMessage,
  type Packet,
  type Payload,
  packetSize,
  payloadSize,
  protocolOf,
  quotedSize,
  type TcpOptions,
  type TcpSegment,
  tcpOptionsSize,
  type UdpDatagram,
} from "./packet.ts";

// Packets as bytes: RFC 791, 8200, 9293, 768, 792 and 4443.

/** The bytes of a packet, with checksums. */
export function encodePacket(packet: Packet): Uint8Array {
  const bytes = new Uint8Array(packetSize(packet));
  const view = new DataView(bytes.buffer);
  const source = bytesOf(packet.source);
  const destination = bytesOf(packet.destination);
  const header = headerSize(packet);
  if (packet.version === 4) encodeIpv4(packet, bytes, view);
  else encodeIpv6(packet, bytes, view);
  const payload = bytes.subarray(header);
  encodePayload(packet.payload, payload);
  checksumPayload(packet, payload, source, destination);
  return bytes;
}

const bytesOf = (address: string): Uint8Array =>
  defined(parseAddress(address), "packets have canonical addresses");

function encodeIpv4(packet: Packet, bytes: Uint8Array, view: DataView): void {
  const { trafficClass, identification, dontFragment, fragment, hopLimit } = packet;
  view.setUint8(0, 0x45);
  view.setUint8(1, trafficClass);
  view.setUint16(2, bytes.length);
  view.setUint16(4, identification);
  const offset = fragment === undefined ? 0 : (fragment.offset >> 3) | (fragment.more ? 0x2000 : 0);
  view.setUint16(6, offset | (dontFragment ? 0x4000 : 0));
  view.setUint8(8, hopLimit);
  view.setUint8(9, protocolOf(packet));
  bytes.set(bytesOf(packet.source), 12);
  bytes.set(bytesOf(packet.destination), 16);
  view.setUint16(10, finishChecksum(addWords(0, bytes, 0, 20)));
}

/** The next header of a fragment header. */
const FRAGMENT = 44;

function encodeIpv6(packet: Packet, bytes: Uint8Array, view: DataView): void {
  const { trafficClass, flowLabel, fragment, identification, hopLimit } = packet;
  view.setUint32(0, ((6 << 28) | (trafficClass << 20) | flowLabel) >>> 0);
  view.setUint16(4, bytes.length - 40);
  view.setUint8(6, fragment === undefined ? protocolOf(packet) : FRAGMENT);
  view.setUint8(7, hopLimit);
  bytes.set(bytesOf(packet.source), 8);
  bytes.set(bytesOf(packet.destination), 24);
  if (fragment === undefined) return;
  view.setUint8(40, protocolOf(packet));
  view.setUint16(42, fragment.offset | (fragment.more ? 1 : 0));
  view.setUint32(44, identification);
}

/** Encodes a payload without its checksum, for fragments of it. */
export function encodePayload(payload: Payload, into = new Uint8Array(payloadSize(payload))): Uint8Array {
  switch (payload.kind) {
    case "tcp":
      encodeTcp(payload, into);
      break;
    case "udp":
      encodeUdp(payload, into);
      break;
    case "icmp":
      encodeIcmp(payload, into);
      break;
    case "raw":
      into.set(payload.data);
  }
  return into;
}

function encodeTcp(segment: TcpSegment, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const optionsSize = tcpOptionsSize(segment.options);
  view.setUint16(0, segment.sourcePort);
  view.setUint16(2, segment.destinationPort);
  view.setUint32(4, segment.sequence);
  view.setUint32(8, segment.acknowledgment);
  view.setUint16(12, (((20 + optionsSize) / 4) << 12) | segment.flags);
  view.setUint16(14, segment.window);
  view.setUint16(18, segment.urgentPointer);
  encodeTcpOptions(segment.options, bytes.subarray(20, 20 + optionsSize));
  bytes.set(segment.data, 20 + optionsSize);
}

// The kinds of RFC 9293, 7323 and 2018.
const TCPOPT = { END: 0, NOP: 1, MSS: 2, WINDOW: 3, SACK_PERMITTED: 4, SACK: 5, TIMESTAMPS: 8 };

/** In the order of Linux's tcp_options_write(), which the sizes in packet.ts assume. */
function encodeTcpOptions(options: TcpOptions, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { NOP, MSS, WINDOW, SACK_PERMITTED, SACK, TIMESTAMPS } = TCPOPT;
  let at = 0;
  const word = (...four: [number, number, number, number]) => {
    bytes.set(four, at);
    at += 4;
  };
  if (options.mss !== undefined) word(MSS, 4, options.mss >> 8, options.mss & 0xff);
  if (options.timestamps !== undefined) {
    if (options.sackPermitted) word(SACK_PERMITTED, 2, TIMESTAMPS, 10);
    else word(NOP, NOP, TIMESTAMPS, 10);
    view.setUint32(at, options.timestamps.value);
    view.setUint32(at + 4, options.timestamps.echo);
    at += 8;
  } else if (options.sackPermitted) word(NOP, NOP, SACK_PERMITTED, 2);
  if (options.windowScale !== undefined) word(NOP, WINDOW, 3, options.windowScale);
  if (options.sack.length > 0) {
    word(NOP, NOP, SACK, 2 + 8 * options.sack.length);
    for (const { left, right } of options.sack) {
      view.setUint32(at, left);
      view.setUint32(at + 4, right);
      at += 8;
    }
  }
  for (const { kind, data } of options.unknown) {
    bytes[at] = kind;
    at += 1;
    if (kind <= NOP) continue;
    bytes[at] = 2 + data.length;
    bytes.set(data, at + 1);
    at += 1 + data.length;
  }
  // Zeros that follow are the end of options.
}

function encodeUdp(datagram: UdpDatagram, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint16(0, datagram.sourcePort);
  view.setUint16(2, datagram.destinationPort);
  view.setUint16(4, bytes.length);
  bytes.set(datagram.data, 8);
}

function encodeIcmp(message: IcmpMessage, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint8(0, message.type);
  view.setUint8(1, message.code);
  view.setUint32(4, message.info);
  if (message.about === undefined) bytes.set(message.data, 8);
  else bytes.set(encodePacket(message.about).subarray(0, quotedSize(message.about)), 8);
}

/** Where the checksum lies in each protocol. */
const CHECKSUM_AT = { tcp: 16, udp: 6, icmp: 2 };

function checksumPayload(
  packet: Packet,
  bytes: Uint8Array,
  source: Uint8Array,
  destination: Uint8Array,
): void {
  const { payload } = packet;
  if (payload.kind === "raw" || (payload.kind === "udp" && payload.noChecksum)) return;
  const pseudo =
    payload.kind === "icmp" && packet.version === 4
      ? 0
      : pseudoHeader(source, destination, protocolOf(packet), bytes.length);
  let checksum = finishChecksum(addWords(pseudo, bytes));
  // In UDP, 0 means that there is none (RFC 768).
  if (payload.kind === "udp" && checksum === 0) checksum = 0xffff;
  if (payload.badChecksum) checksum ^= 0x5555;
  const at = CHECKSUM_AT[payload.kind];
  bytes[at] = checksum >> 8;
  bytes[at + 1] = checksum & 0xff;
}
