import type { NetworkInterface } from "../host/network-interface.ts";
import type { ProtocolHost } from "../host/protocol-host.ts";
import { joinGroup, leaveGroup, type SharingSocket } from "../host/reuseport-group.ts";
import { isAnyAddress } from "../ip/address.ts";
import type { Packet, TcpSegment } from "../ip/packet.ts";

/** What finding a listener needs to know of one. */
export interface Listening extends SharingSocket {
  readonly localPort: number;
}

/** Finds the listener that a SYN is for: the kernel's lhash2. */
export class ListenerTable<Socket extends Listening> {
  readonly #byPort = new Map<number, Socket[]>();

  add(socket: Socket): void {
    const sockets = this.#byPort.get(socket.localPort);
    if (socket.reusePort) joinGroup(socket, sockets ?? []);
    if (sockets === undefined) this.#byPort.set(socket.localPort, [socket]);
    else sockets.push(socket);
  }

  remove(socket: Socket): void {
    leaveGroup(socket);
    const sockets = this.#byPort.get(socket.localPort);
    const at = sockets?.indexOf(socket) ?? -1;
    if (sockets === undefined || at === -1) return;
    if (sockets.length === 1) this.#byPort.delete(socket.localPort);
    else sockets.splice(at, 1);
  }

  clear(): void {
    this.#byPort.clear();
  }

  /**
   * __inet_lookup_listener(): the best match; among equals of SO_REUSEPORT, by a hash of the ends.
   */
  find(host: ProtocolHost, packet: Packet, segment: TcpSegment, from: NetworkInterface): Socket | undefined {
    const sockets = this.#byPort.get(segment.destinationPort);
    if (sockets === undefined) return undefined;
    let best: Socket | undefined;
    let most = -1;
    for (const socket of sockets) {
      const score = scoreOf(socket, packet, from.index);
      if (score > most) {
        best = socket;
        most = score;
      }
    }
    if (best?.reuseportGroup === undefined || sockets.length === 1) return best;
    const chosen = best.reuseportGroup.select(host, packet, from, hashOf(packet, segment));
    return sockets.find((socket) => socket === chosen) ?? best;
  }
}

/** compute_score() of net/ipv4/inet_hashtables.c; -1 if the socket does not match. */
function scoreOf(socket: Listening, { version, destination }: Packet, interfaceIndex: number): number {
  const { localAddress, boundInterface } = socket;
  if (boundInterface !== 0 && boundInterface !== interfaceIndex) return -1;
  const device = boundInterface === 0 ? 0 : 4;
  const family = socket.ipv6 === (version === 6) ? 1 : 0;
  if (!isAnyAddress(localAddress)) return localAddress === destination ? 8 + device + family : -1;
  if (version === 6) return socket.ipv6 ? device + family : -1;
  return socket.ipv6 && socket.v6only ? -1 : device + family;
}

function hashOf({ source, destination }: Packet, { sourcePort, destinationPort }: TcpSegment): number {
  let hash = 0x811c9dc5;
  const text = `${source} ${sourcePort} ${destination} ${destinationPort}`;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
