import { AF, IPPROTO, MSG, POLL, SOCK } from "../src/posix/constants.ts";
import type { Socket } from "../src/posix/owned-socket.ts";
import { poll } from "../src/posix/poll.ts";
import { recv } from "../src/posix/recv.ts";
import { sendto } from "../src/posix/sendto.ts";
import { socket } from "../src/posix/socket.ts";

/** ICMP types (RFC 792, RFC 4443). */
export const DEST_UNREACH = 3;
export const PARAMETER_PROBLEM = 12;
export const ICMPV6_DEST_UNREACH = 1;

/**
 * The type and code of an ICMP message, and the error of a call (icmp_err_convert in
 * net/ipv4/icmp.c).
 */
export const icmpErrors = [
  [DEST_UNREACH, 0, "NetworkUnreachable", "ENETUNREACH"],
  [DEST_UNREACH, 1, "HostUnreachable", "EHOSTUNREACH"],
  [DEST_UNREACH, 2, "ProtocolFailure", "ENOPROTOOPT"],
  [DEST_UNREACH, 3, "ConnectionRefused", "ECONNREFUSED"],
  [DEST_UNREACH, 4, "MessageTooBig", "EMSGSIZE"],
  [DEST_UNREACH, 5, "OperationNotSupported", "EOPNOTSUPP"],
  [DEST_UNREACH, 7, "HostUnreachable", "EHOSTDOWN"],
  [DEST_UNREACH, 8, "HostUnreachable", "ENONET"],
  [PARAMETER_PROBLEM, 0, "ProtocolFailure", "EPROTO"],
] as const;

/** A raw socket that sees the packets of a protocol. It must be open before they are sent. */
export function packetsOf(protocol: number, domain: number = AF.INET): Socket {
  return socket(domain, SOCK.RAW, protocol, { nonblocking: true });
}

/** The beginning of the next packet: its IP header, and the first bytes of its payload. */
export function nextPacket(packets: Socket): Uint8Array {
  poll([{ socket: packets, events: POLL.IN }], 5000);
  const packet = new Uint8Array(28);
  recv(packets, packet, MSG.DONTWAIT);
  return packet;
}

/**
 * Sends the error that a router would send about a packet: a header of eight bytes, and the
 * packet's beginning.
 */
export function sendIcmp(type: number, code: number, about: Uint8Array): void {
  const message = new Uint8Array(8 + about.byteLength);
  const view = new DataView(message.buffer);
  view.setUint8(0, type);
  view.setUint8(1, code);
  view.setUint16(6, 576); // the next hop's MTU, where the code is that the packet is too big
  message.set(about, 8);
  view.setUint16(2, checksum(view));
  using raw = socket(AF.INET, SOCK.RAW, IPPROTO.ICMP);
  sendto(raw, message, 0, { family: "ipv4", address: "127.0.0.1", port: 0 });
}

/**
 * The same for IPv6, about a UDP packet between two ports of ::1; the kernel fills in the checksum
 * (RFC 3542).
 */
export function sendIcmpv6(type: number, code: number, ports: { from: number; to: number }): void {
  const message = new Uint8Array(8 + 40 + 8);
  const view = new DataView(message.buffer);
  view.setUint8(0, type);
  view.setUint8(1, code);
  view.setUint8(8, 0x60);
  view.setUint16(8 + 4, 8);
  view.setUint8(8 + 6, IPPROTO.UDP);
  view.setUint8(8 + 7, 64);
  view.setUint8(8 + 23, 1);
  view.setUint8(8 + 39, 1);
  view.setUint16(8 + 40, ports.from);
  view.setUint16(8 + 42, ports.to);
  view.setUint16(8 + 44, 8);
  using raw = socket(AF.INET6, SOCK.RAW, IPPROTO.ICMPV6);
  sendto(raw, message, 0, { family: "ipv6", address: "::1", port: 0 });
}

/** The internet checksum (RFC 1071) of an even number of bytes. */
function checksum(view: DataView): number {
  let sum = 0;
  for (let at = 0; at < view.byteLength; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
