import { type Packet, packetSize, TCP_FLAG, type TcpOptions, type TcpSegment } from "../ip/packet.ts";
import type { TraceRecord } from "../network/trace.ts";

const LETTERS = [
  [TCP_FLAG.FIN, "F"],
  [TCP_FLAG.SYN, "S"],
  [TCP_FLAG.RST, "R"],
  [TCP_FLAG.PSH, "P"],
  [TCP_FLAG.URG, "U"],
  [TCP_FLAG.ECE, "E"],
  [TCP_FLAG.CWR, "W"],
  [TCP_FLAG.AE, "A"],
] as const;

/** Initial sequence numbers of connections, so that text can count from 0 as tcpdump does. */
export class SequenceNumbers {
  readonly #initial = new Map<string, number>();

  /** A segment's numbers, relative to the SYNs that were seen. */
  relative(packet: Packet, segment: TcpSegment): { sequence: number; acknowledgment: number } {
    const there = `${packet.source} ${segment.sourcePort} ${packet.destination} ${segment.destinationPort}`;
    const back = `${packet.destination} ${segment.destinationPort} ${packet.source} ${segment.sourcePort}`;
    if (segment.flags & TCP_FLAG.SYN) {
      this.#initial.set(there, segment.sequence);
      // The answer to a new connection's SYN has its own numbers.
      if (!(segment.flags & TCP_FLAG.ACK)) this.#initial.delete(back);
    }
    return {
      sequence: (segment.sequence - (this.#initial.get(there) ?? 0)) >>> 0,
      acknowledgment: (segment.acknowledgment - (this.#initial.get(back) ?? 0)) >>> 0,
    };
  }
}

/** A segment in the style of tcpdump and packetdrill: `P. 1:101(100) ack 1 win 502`. */
export function segmentText(packet: Packet, segment: TcpSegment, numbers: SequenceNumbers): string {
  const { sequence, acknowledgment } = numbers.relative(packet, segment);
  const parts = [flagsText(segment.flags)];
  const { length } = segment.data;
  if (length > 0 || segment.flags & (TCP_FLAG.SYN | TCP_FLAG.FIN | TCP_FLAG.RST)) {
    parts.push(`${sequence}:${(sequence + length) % 2 ** 32}(${length})`);
  }
  if (segment.flags & TCP_FLAG.ACK) parts.push(`ack ${acknowledgment}`);
  parts.push(`win ${segment.window}`);
  if (segment.flags & TCP_FLAG.URG) parts.push(`urg ${segment.urgentPointer}`);
  const options = optionsText(segment.options);
  if (options !== "") parts.push(`<${options}>`);
  return parts.join(" ");
}

/** `S.`, `.`, `FP.`; `-` for none. */
export function flagsText(flags: number): string {
  const letters = LETTERS.map(([flag, letter]) => (flags & flag ? letter : "")).join("");
  return letters + (flags & TCP_FLAG.ACK ? "." : letters === "" ? "-" : "");
}

function optionsText({ mss, windowScale, sackPermitted, timestamps, sack, unknown }: TcpOptions): string {
  const parts: string[] = [];
  if (mss !== undefined) parts.push(`mss ${mss}`);
  if (sackPermitted) parts.push("sackOK");
  if (timestamps !== undefined) parts.push(`TS val ${timestamps.value} ecr ${timestamps.echo}`);
  if (windowScale !== undefined) parts.push(`wscale ${windowScale}`);
  if (sack.length > 0) parts.push(`sack ${sack.length} blocks`);
  for (const { kind, data } of unknown) parts.push(`option ${kind} (${data.length})`);
  return parts.join(",");
}

/** A packet on one line: `10.0.0.2:40000 > 10.0.0.1:80 tcp S 0:0(0) win 64240 <mss 1460>`. */
export function packetText(packet: Packet, numbers: SequenceNumbers): string {
  const { payload, source, destination, fragment } = packet;
  switch (payload.kind) {
    case "tcp":
    case "udp": {
      const ends = `${endpoint(source, payload.sourcePort)} > ${endpoint(destination, payload.destinationPort)}`;
      const bad = payload.badChecksum ? " (bad checksum)" : "";
      const what =
        payload.kind === "tcp" ? segmentText(packet, payload, numbers) : `(${payload.data.length})`;
      return `${ends} ${payload.kind} ${what}${bad}`;
    }
    case "icmp": {
      const about = payload.about === undefined ? "" : `, about ${packetText(payload.about, numbers)}`;
      return `${source} > ${destination} icmp type ${payload.type} code ${payload.code}${about}`;
    }
    case "raw": {
      const part = fragment === undefined ? "" : ` fragment at ${fragment.offset}${fragment.more ? "+" : ""}`;
      return `${source} > ${destination} protocol ${payload.protocol}${part} (${packetSize(packet)})`;
    }
  }
}

const endpoint = (address: string, port: number): string =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;

/** A record of the trace on one line: when, where, and what happened. */
export function recordText(record: TraceRecord, numbers: SequenceNumbers): string {
  const time = (record.at / 1_000_000_000).toFixed(6);
  if (record.kind === "state") return `${time} ${record.host}: ${record.subject} ${record.change}`;
  const { event, host, peer, packet, why } = record;
  const [from, to] = event === "delivered" ? [peer, host] : [host, peer];
  const fate = event === "sent" ? "" : why === "" ? ` [${event}]` : ` [${event}: ${why}]`;
  return `${time} ${from} > ${to}: ${packetText(packet, numbers)}${fate}`;
}

/** One line for each packet sent, dropped, held or duplicated, and each change of state. */
export function recordsText(records: readonly TraceRecord[]): string {
  const numbers = new SequenceNumbers();
  return records
    .filter((record) => record.kind === "state" || record.event !== "delivered")
    .map((record) => `${recordText(record, numbers)}\n`)
    .join("");
}
