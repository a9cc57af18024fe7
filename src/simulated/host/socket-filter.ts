import { errnos } from "../../system/linux/errno.ts";
import { isValid } from "../bpf/check.ts";
import { type Instruction, readInstructions } from "../bpf/instructions.ts";
import { filteredMessage, filteredPacket } from "../bpf/packets.ts";
import { run } from "../bpf/run.ts";
import { headerSize, type Packet, packetSize, type TcpSegment, type UdpDatagram } from "../ip/packet.ts";
import type { NetworkInterface } from "./network-interface.ts";
import type { ProtocolHost } from "./protocol-host.ts";
import type { SimpleOption } from "./simple-option.ts";
import { SOCKET_OPTION } from "./socket-options.ts";

const { EINVAL, ENOENT, EPERM } = errnos;

/** A program of BPF that was checked. */
export type Program = readonly Instruction[];

/** What filters need from a socket. */
export interface FilteredSocket {
  readonly host: ProtocolHost;
  /** SO_ATTACH_FILTER; undefined without one. */
  filter: Program | undefined;
  isSet(option: SimpleOption): boolean;
}

/** Reads and checks a program that a socket is given: __get_filter(). */
export function programFor(socket: FilteredSocket, bytes: Uint8Array): Program | number {
  if (socket.isSet(SOCKET_OPTION.LOCK_FILTER)) return -EPERM;
  const program = readInstructions(bytes);
  return isValid(program) ? program : -EINVAL;
}

/** sk_attach_filter(). Its memory counts against no limit. */
export function attachFilter(socket: FilteredSocket, bytes: Uint8Array): number {
  const program = programFor(socket, bytes);
  if (typeof program === "number") return program;
  socket.filter = program;
  return 0;
}

/** sk_detach_filter(). */
export function detachFilter(socket: FilteredSocket): number {
  if (socket.isSet(SOCKET_OPTION.LOCK_FILTER)) return -EPERM;
  if (socket.filter === undefined) return -ENOENT;
  socket.filter = undefined;
  return 0;
}

/**
 * The payload that a socket's filter keeps; the header always stays. Undefined if the program drops
 * the packet. sk_filter_trim_cap().
 */
export function filtered<Payload extends TcpSegment | UdpDatagram>(
  socket: FilteredSocket,
  packet: Packet,
  payload: Payload,
  device: NetworkInterface,
): Payload | undefined {
  if (socket.filter === undefined) return payload;
  const kept = run(socket.filter, filteredPacket(packet, device, socket.host.random("filters")));
  if (kept === 0) return undefined;
  const { data } = payload;
  const header = packetSize(packet) - headerSize(packet) - data.length;
  const length = Math.max(kept - header, 0);
  return length >= data.length ? payload : { ...payload, data: data.subarray(0, length) };
}

/** The same for a message between unix sockets, of which at least a byte stays. */
export function filteredData(socket: FilteredSocket, data: Uint8Array): Uint8Array | undefined {
  if (socket.filter === undefined) return data;
  const kept = run(socket.filter, filteredMessage(data, socket.host.random("filters")));
  return kept === 0 ? undefined : data.subarray(0, Math.max(kept, 1));
}
