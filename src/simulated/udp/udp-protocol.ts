import type { KernelSocket } from "../host/kernel-socket.ts";
import type { NetworkInterface } from "../host/network-interface.ts";
import type { ProtocolHandler, ProtocolHost } from "../host/protocol-host.ts";
import { joinGroup, leaveGroup } from "../host/reuseport-group.ts";
import { isAnyAddress, isMulticast, versionOf } from "../ip/address.ts";
import { errorNumbers } from "../ip/icmp.ts";
import { type IcmpMessage, type Packet, PROTOCOL, type UdpDatagram } from "../ip/packet.ts";
import { UdpSocket, type UdpSockets } from "./udp-socket.ts";

/** UDP on one host: its sockets, found by port and address. */
export class UdpProtocol implements ProtocolHandler, UdpSockets {
  readonly #host: ProtocolHost;
  /** By local port; the last to be bound comes first, as in the kernel's hash chains. */
  readonly #byPort = new Map<number, UdpSocket[]>();

  constructor(host: ProtocolHost) {
    this.#host = host;
    host.register(PROTOCOL.UDP, this);
  }

  socket(domain: number): KernelSocket {
    return new UdpSocket(this.#host, this, domain);
  }

  bound(socket: UdpSocket): void {
    if (socket.reusePort) joinGroup(socket, this.#byPort.get(socket.localPort) ?? []);
    this.changed(socket);
  }

  changed(socket: UdpSocket): void {
    const sockets = this.#byPort.get(socket.localPort);
    if (sockets === undefined) this.#byPort.set(socket.localPort, [socket]);
    else if (!sockets.includes(socket)) sockets.unshift(socket);
  }

  removed(socket: UdpSocket): void {
    leaveGroup(socket);
    const sockets = this.#byPort.get(socket.localPort);
    const at = sockets?.indexOf(socket) ?? -1;
    if (sockets === undefined || at === -1) return;
    sockets.splice(at, 1);
    if (sockets.length === 0) this.#byPort.delete(socket.localPort);
  }

  receive(packet: Packet, from: NetworkInterface): void {
    const { payload } = packet;
    if (payload.kind !== "udp") return;
    if (isMulticast(packet.destination) || this.#host.isBroadcast(packet.destination)) {
      this.#deliverToMany(packet, payload, from);
      return;
    }
    const found = this.#find(packet, payload, from);
    if (found !== undefined) {
      found.deliver(packet, payload, from);
      return;
    }
    this.#host.counters.count("Udp.NoPorts");
    this.#host.sendIcmpError(packet, errorNumbers(packet, "port"));
  }

  error(about: Packet, message: IcmpMessage, from: string): void {
    const { payload } = about;
    if (payload.kind !== "udp") return;
    const { sourcePort, destinationPort, data } = payload;
    // The socket that the answer would have reached.
    const answer: Packet = { ...about, source: about.destination, destination: about.source };
    const datagram: UdpDatagram = {
      kind: "udp",
      sourcePort: destinationPort,
      destinationPort: sourcePort,
      data,
    };
    this.#find(answer, datagram, undefined)?.failed(about, payload, message, from);
  }

  crash(): void {
    this.#byPort.clear();
  }

  /** __udp4_lib_lookup(): the socket that matches best; among equals of SO_REUSEPORT, by a hash. */
  #find(packet: Packet, datagram: UdpDatagram, from: NetworkInterface | undefined): UdpSocket | undefined {
    let best: UdpSocket | undefined;
    let most = -1;
    for (const socket of this.#byPort.get(datagram.destinationPort) ?? []) {
      const score = scoreOf(socket, packet, datagram, from);
      if (score > most) [best, most] = [socket, score];
    }
    if (best?.reuseportGroup === undefined) return best;
    const chosen = best.reuseportGroup.select(this.#host, packet, from, hashOf(packet, datagram));
    return chosen instanceof UdpSocket ? chosen : best;
  }

  /** __udp4_lib_mcast_deliver(): a copy for every socket. */
  #deliverToMany(packet: Packet, datagram: UdpDatagram, from: NetworkInterface): void {
    for (const socket of [...(this.#byPort.get(datagram.destinationPort) ?? [])]) {
      if (scoreOf(socket, packet, datagram, from) >= 0 && socket.wants(packet, from))
        socket.deliver(packet, datagram, from);
    }
  }
}

/** compute_score() of net/ipv4/udp.c and net/ipv6/udp.c; -1 if the socket does not match. */
function scoreOf(
  socket: UdpSocket,
  { version, source, destination }: Packet,
  { sourcePort }: UdpDatagram,
  from: NetworkInterface | undefined,
): number {
  let score = socket.ipv6 ? 1 : 2;
  const { localAddress } = socket;
  if (version === 4 ? socket.v6only && socket.ipv6 : !socket.ipv6) return -1;
  if (isAnyAddress(localAddress)) {
    if (localAddress === "0.0.0.0" && version === 6) return -1;
  } else if (localAddress !== destination) return -1;
  // The look-up by address comes before that by wildcard.
  else score += 100;
  if (socket.connected) {
    if (socket.remoteAddress !== source) return -1;
    score += 4;
    if (socket.remotePort !== 0) {
      if (socket.remotePort !== sourcePort) return -1;
      score += 4;
    }
  }
  if (socket.boundInterface !== 0) {
    if (from !== undefined && from.index !== socket.boundInterface) return -1;
    score += 4;
  }
  return versionOf(destination) === version ? score : -1;
}

/** The same for each peer, so that it always reaches the same socket. */
function hashOf({ source, destination }: Packet, { sourcePort, destinationPort }: UdpDatagram): number {
  let hash = 0x811c9dc5;
  const text = `${source} ${sourcePort} ${destination} ${destinationPort}`;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
