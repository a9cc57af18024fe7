import { encodePacket } from "../ip/encode.ts";
import type { Packet } from "../ip/packet.ts";
import type { PacketRecord, Trace, TraceRecord } from "../network/trace.ts";
import { recordsText } from "./packet-text.ts";
import { PcapngWriter } from "./pcapng.ts";
import { type DiagramOptions, sequenceDiagram } from "./sequence-diagram.ts";

/** What a capture needs from a network. */
export interface CapturedNetwork {
  readonly trace: Trace;
  /** Milliseconds since 1970 when the simulation began. */
  readonly epoch: number;
}

/** Options of a capture. */
export interface CaptureOptions {
  /** Keeps the packets for which this returns true; all by default. */
  readonly filter?: (packet: Packet) => boolean;
  /** Keeps at most this many records, the newest; all by default. */
  readonly limit?: number;
}

/**
 * Records the packets of a network from now on, and what happens to them. Returns them as a file
 * for Wireshark and tcpdump, as text, or as a diagram, any number of times.
 */
export class Capture {
  readonly #records: TraceRecord[] = [];
  readonly #epoch: number;
  readonly #limit: number;
  readonly #stop: () => void;

  constructor(
    network: CapturedNetwork,
    { filter = () => true, limit = Number.POSITIVE_INFINITY }: CaptureOptions = {},
  ) {
    this.#epoch = network.epoch;
    this.#limit = limit;
    this.#stop = network.trace.observe((record) => {
      if (record.kind === "packet" && !filter(record.packet)) return;
      this.#records.push(record);
      // Occasionally, not at every record: shifting an array is slow.
      if (this.#records.length >= 2 * limit) this.#records.splice(0, this.#records.length - limit);
    });
  }

  /** The records captured so far, oldest first. */
  get records(): readonly TraceRecord[] {
    return this.#records.length > this.#limit ? this.#records.slice(-this.#limit) : this.#records;
  }

  /** Stops capturing. */
  stop(): void {
    this.#stop();
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  /**
   * A pcapng file with one interface for each link. Every packet is in it once per link, when it
   * was sent; a comment says if it was dropped, and why.
   */
  pcapng(): Uint8Array {
    const writer = new PcapngWriter();
    const links = new Map<string, number>();
    const { sent, comments } = this.#sentPackets();
    for (const record of sent) {
      const name = linkName(record);
      let link = links.get(name);
      if (link === undefined) {
        link = writer.interface(name);
        links.set(name, link);
      }
      const at = BigInt(this.#epoch) * 1_000_000n + BigInt(Math.floor(record.at));
      const comment = (comments.get(record) ?? []).join("; ");
      writer.packet(link, at, encodePacket(record.packet), comment);
    }
    return writer.bytes();
  }

  /** Packets as they were sent, and what happened to them on the same link afterwards. */
  #sentPackets(): { sent: PacketRecord[]; comments: Map<PacketRecord, string[]> } {
    const sent: PacketRecord[] = [];
    const comments = new Map<PacketRecord, string[]>();
    const last = new Map<Packet, PacketRecord>();
    for (const record of this.records) {
      if (record.kind !== "packet") continue;
      if (record.event === "sent") {
        sent.push(record);
        last.set(record.packet, record);
      } else if (record.event !== "delivered") {
        const about = last.get(record.packet);
        if (about === undefined) continue;
        const where = record.host === about.host ? "" : ` at ${record.host}`;
        const what = `${record.event}${where}${record.why === "" ? "" : `: ${record.why}`}`;
        comments.set(about, [...(comments.get(about) ?? []), what]);
      }
    }
    return { sent, comments };
  }

  /** One line for each packet sent, dropped, held or duplicated, and each change of state. */
  text(): string {
    return recordsText(this.records);
  }

  /** A sequence diagram as SVG, with the queues of listeners beside it. */
  svg(options?: DiagramOptions): string {
    return sequenceDiagram(this.records, options);
  }
}

/** Both directions of a link are one interface. */
function linkName({ host, peer }: PacketRecord): string {
  if (host === peer) return `${host} lo`;
  return host < peer ? `${host} - ${peer}` : `${peer} - ${host}`;
}
