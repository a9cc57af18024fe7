import { errnos } from "../../system/linux/errno.ts";
import { filteredPacket } from "../bpf/packets.ts";
import { run } from "../bpf/run.ts";
import type { Packet } from "../ip/packet.ts";
import type { NetworkInterface } from "./network-interface.ts";
import type { PortUser } from "./port-table.ts";
import type { ProtocolHost } from "./protocol-host.ts";
import { type FilteredSocket, type Program, programFor } from "./socket-filter.ts";

const { EINVAL, ENOENT } = errnos;

/** A socket that may share its address. */
export interface SharingSocket extends FilteredSocket, PortUser {
  /** Undefined unless it is bound, or listens, with SO_REUSEPORT. */
  reuseportGroup: ReuseportGroup | undefined;
}

/** The sockets that share one address with SO_REUSEPORT: struct sock_reuseport. */
export class ReuseportGroup {
  readonly #sockets: SharingSocket[] = [];
  /** SO_ATTACH_REUSEPORT_CBPF. */
  program: Program | undefined;

  constructor(socket: SharingSocket) {
    this.#sockets.push(socket);
  }

  add(socket: SharingSocket): void {
    this.#sockets.push(socket);
  }

  /** The last socket takes the place of one that leaves. */
  remove(socket: SharingSocket): void {
    const at = this.#sockets.indexOf(socket);
    const last = this.#sockets.pop();
    if (last !== undefined && last !== socket) this.#sockets[at] = last;
  }

  /**
   * Which socket a packet is for: by the program, which sees its data, or else by a hash of its
   * ends (reuseport_select_sock()).
   */
  select(
    host: ProtocolHost,
    packet: Packet,
    from: NetworkInterface | undefined,
    hash: number,
  ): SharingSocket | undefined {
    if (this.program !== undefined && from !== undefined) {
      const index = run(this.program, filteredPacket(packet, from, host.random("filters"), "data"));
      if (index < this.#sockets.length) return this.#sockets[index];
    }
    return this.#sockets[hash % this.#sockets.length];
  }
}

/**
 * A socket joins the group of the first other socket with the same address, if any
 * (inet_reuseport_add_sock(), udp_reuseport_add_sock()).
 */
export function joinGroup(socket: SharingSocket, others: Iterable<SharingSocket>): void {
  for (const other of others) {
    if (other === socket || !sharesWith(socket, other)) continue;
    other.reuseportGroup ??= new ReuseportGroup(other);
    other.reuseportGroup.add(socket);
    socket.reuseportGroup = other.reuseportGroup;
    return;
  }
  socket.reuseportGroup ??= new ReuseportGroup(socket);
}

const sharesWith = (socket: SharingSocket, other: SharingSocket): boolean =>
  other.reusePort &&
  other.ipv6 === socket.ipv6 &&
  other.v6only === socket.v6only &&
  other.boundInterface === socket.boundInterface &&
  other.user === socket.user &&
  other.localAddress === socket.localAddress;

export function leaveGroup(socket: SharingSocket): void {
  socket.reuseportGroup?.remove(socket);
  socket.reuseportGroup = undefined;
}

/** reuseport_attach_prog(): a socket that is not bound yet has a group of its own. */
export function attachReuseportFilter(socket: SharingSocket, bytes: Uint8Array, bound: boolean): number {
  const program = programFor(socket, bytes);
  if (typeof program === "number") return program;
  if (!bound && socket.reusePort) socket.reuseportGroup ??= new ReuseportGroup(socket);
  if (socket.reuseportGroup === undefined) return -EINVAL;
  socket.reuseportGroup.program = program;
  return 0;
}

/** reuseport_detach_prog(). */
export function detachReuseportFilter({ reuseportGroup, reusePort }: SharingSocket): number {
  if (reuseportGroup === undefined) return reusePort ? -ENOENT : -EINVAL;
  if (reuseportGroup.program === undefined) return -ENOENT;
  reuseportGroup.program = undefined;
  return 0;
}
