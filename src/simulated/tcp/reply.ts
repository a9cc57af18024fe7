import type { ProtocolHost } from "../host/protocol-host.ts";
import { NO_TCP_OPTIONS, type Packet, TCP_FLAG, type TcpOptions, type TcpSegment } from "../ip/packet.ts";
import type { Ends } from "./connection-table.ts";
import { add, toPacket } from "./sequence.ts";

// Segments that no connection sends: resets, and what requests and TIME_WAIT answer.

const { ACK, FIN, RST, SYN } = TCP_FLAG;
const NOTHING = new Uint8Array(0);

export interface Reply {
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly flags: number;
  readonly window: number;
  readonly options: TcpOptions;
  readonly trafficClass?: number;
}

/** Sends a segment between two ends. */
export function sendReply(
  host: ProtocolHost,
  ends: Ends,
  { sequence, acknowledgment, flags, window, options, trafficClass = 0 }: Reply,
  boundInterface = 0,
): void {
  const route = host.route(ends.remoteAddress, { source: ends.localAddress, interface: boundInterface });
  if (typeof route === "number") return;
  const version = ends.localAddress.includes(":") ? 6 : 4;
  const hopLimit = host.sysctls.get(
    version === 4 ? "net.ipv4.ip_default_ttl" : "net.ipv6.conf.all.hop_limit",
  );
  const payload: TcpSegment = {
    kind: "tcp",
    sourcePort: ends.localPort,
    destinationPort: ends.remotePort,
    sequence: toPacket(sequence),
    acknowledgment: toPacket(acknowledgment),
    flags,
    window,
    urgentPointer: 0,
    options,
    data: NOTHING,
  };
  const packet: Packet = {
    version,
    source: ends.localAddress,
    destination: ends.remoteAddress,
    hopLimit,
    trafficClass,
    flowLabel: 0,
    identification: 0,
    dontFragment: true,
    fragment: undefined,
    payload,
  };
  host.send(packet, route);
}

/** The ends of the connection that a packet belongs to, as its receiver sees them. */
export const endsOf = (
  { source, destination }: Packet,
  { sourcePort, destinationPort }: TcpSegment,
): Ends => ({
  localAddress: destination,
  localPort: destinationPort,
  remoteAddress: source,
  remotePort: sourcePort,
});

/** Answers a segment that belongs to nothing (RFC 9293, 3.10.7.1), unless it is a reset itself. */
export function resetFor(host: ProtocolHost, packet: Packet, segment: TcpSegment): void {
  const { flags, sequence, acknowledgment, data } = segment;
  if ((flags & RST) !== 0) return;
  host.counters.count("Tcp.OutRsts");
  const answers = (flags & ACK) !== 0;
  const length = data.length + ((flags & SYN) === 0 ? 0 : 1) + ((flags & FIN) === 0 ? 0 : 1);
  sendReply(host, endsOf(packet, segment), {
    sequence: answers ? acknowledgment : 0,
    acknowledgment: answers ? 0 : add(sequence, length),
    flags: answers ? RST : RST | ACK,
    window: 0,
    options: NO_TCP_OPTIONS,
  });
}

/** Options with nothing but timestamps. */
export const timestampsOnly = (value: number, echo: number): TcpOptions => ({
  ...NO_TCP_OPTIONS,
  timestamps: { value: toPacket(value), echo: toPacket(echo) },
});
