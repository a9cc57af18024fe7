import { type Packet, protocolOf } from "../ip/packet.ts";

/** What happened to a packet. */
export type PacketEvent = "sent" | "delivered" | "dropped" | "held" | "duplicated";

/** One packet at one host. */
export interface PacketRecord {
  readonly kind: "packet";
  /** Virtual nanoseconds. */
  readonly at: number;
  readonly event: PacketEvent;
  /** The host that sent it, or that it arrived at. */
  readonly host: string;
  /** The other end of the link; the same host on loopback. */
  readonly peer: string;
  readonly packet: Packet;
  /** Why it was dropped or held. */
  readonly why: string;
}

/** A change of state on a host: of a connection, of a queue. */
export interface StateRecord {
  readonly kind: "state";
  readonly at: number;
  readonly host: string;
  readonly subject: string;
  readonly change: string;
}

export type TraceRecord = PacketRecord | StateRecord;

type MutableRecord = { -readonly [Name in keyof PacketRecord]: PacketRecord[Name] };

/** Sees every record as it is made: a capture, a diagram, a test. */
export type TraceObserver = (record: TraceRecord) => void;

/** How many records are kept for the message of a failure. */
const KEPT = 64;

/** Everything that happened, as a hash, and the last of it. */
export class Trace {
  readonly #observers = new Set<TraceObserver>();
  /** A ring. Its records of packets are used again as long as nobody observes. */
  readonly #last: TraceRecord[] = [];
  readonly #spare: MutableRecord[] = [];
  #count = 0;
  // Two FNV-1a hashes of 32 bits over the same words, from different offsets.
  #low = 0x811c9dc5;
  #high = 0xcbf29ce4;
  readonly #names = new Map<string, number>();

  /** How many records there were. */
  get length(): number {
    return this.#count;
  }

  /** A hash of all records so far: equal for equal runs. */
  get digest(): string {
    return hex(this.#high) + hex(this.#low);
  }

  /** The last records, oldest first. */
  get last(): readonly TraceRecord[] {
    const from = this.#count % KEPT;
    const ring = this.#last.map((record) => ({ ...record }));
    return ring.length < KEPT ? ring : [...ring.slice(from), ...ring.slice(0, from)];
  }

  /** Calls an observer for every record. Returns a function that stops this. */
  observe(observer: TraceObserver): () => void {
    this.#observers.add(observer);
    return () => {
      this.#observers.delete(observer);
    };
  }

  packet(at: number, event: PacketEvent, host: string, peer: string, packet: Packet, why: string): void {
    this.#word(at >>> 0);
    this.#word((at / 2 ** 32) >>> 0);
    this.#word(EVENTS[event]);
    this.#text(host);
    this.#text(peer);
    this.#hashHeaders(packet);
    // The data was hashed when the packet was sent, and nobody changes it on the way.
    if (event === "sent") this.hashData(packet);
    if (this.#observers.size > 0) this.#keep({ kind: "packet", at, event, host, peer, packet, why });
    else this.#keepUnobserved(at, event, host, peer, packet, why);
  }

  /** As `#keep()`, without a new object for each packet. */
  #keepUnobserved(
    at: number,
    event: PacketEvent,
    host: string,
    peer: string,
    packet: Packet,
    why: string,
  ): void {
    const slot = this.#count % KEPT;
    let record = this.#spare[slot];
    if (record === undefined) {
      record = { kind: "packet", at, event, host, peer, packet, why };
      this.#spare[slot] = record;
    } else {
      record.at = at;
      record.event = event;
      record.host = host;
      record.peer = peer;
      record.packet = packet;
      record.why = why;
    }
    this.#last[slot] = record;
    this.#count += 1;
  }

  /** Adds a packet's data to the hash, where no record says that it was sent. */
  hashData({ payload }: Packet): void {
    this.#bytes(payload.data);
  }

  state(record: StateRecord): void {
    this.#word(record.at >>> 0);
    this.#text(record.host);
    // Not kept, as each connection has a subject of its own.
    this.#word(hashText(record.subject));
    this.#word(hashText(record.change));
    this.#keep(record);
  }

  #keep(record: TraceRecord): void {
    this.#last[this.#count % KEPT] = record;
    this.#count += 1;
    for (const observer of this.#observers) observer(record);
  }

  #word(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0x01000193);
    this.#high = Math.imul(this.#high ^ word ^ (this.#low >>> 15), 0x01000193);
  }

  /** Texts recur, so each is hashed once: by its characters, not its number, which is order. */
  #text(text: string): void {
    let hash = this.#names.get(text);
    if (hash === undefined) {
      hash = hashText(text);
      if (this.#names.size < 100_000) this.#names.set(text, hash);
    }
    this.#word(hash);
  }

  #hashHeaders(packet: Packet): void {
    this.#text(packet.source);
    this.#text(packet.destination);
    this.#word((packet.hopLimit << 24) | (packet.trafficClass << 16) | packet.identification);
    const { payload } = packet;
    this.#word(protocolOf(packet));
    if (packet.fragment !== undefined) this.#word(packet.fragment.offset);
    switch (payload.kind) {
      case "tcp":
        this.#word((payload.sourcePort << 16) | payload.destinationPort);
        this.#word(payload.sequence);
        this.#word(payload.acknowledgment);
        this.#word((payload.flags << 16) | payload.window);
        if (payload.options.timestamps !== undefined) this.#word(payload.options.timestamps.value);
        break;
      case "udp":
        this.#word((payload.sourcePort << 16) | payload.destinationPort);
        break;
      case "icmp":
        this.#word((payload.type << 8) | payload.code);
        this.#word(payload.info);
        break;
      case "raw":
        break;
    }
    this.#word(payload.data.length);
  }

  /** All of it up to 64 bytes, else 32 bytes of it: whole bulk data would take half the time. */
  #bytes(bytes: Uint8Array): void {
    const { length } = bytes;
    if (length <= 64) {
      for (let at = 0; at < length; at += 1) this.#word(bytes[at] ?? 0);
      return;
    }
    const step = length >> 5;
    for (let at = length - 1, word = 0, count = 1; count <= 32; at -= step, count += 1) {
      word = (word << 8) | (bytes[at] ?? 0);
      if ((count & 3) === 0) this.#word(word);
    }
  }
}

const EVENTS: Readonly<Record<PacketEvent, number>> = {
  sent: 1,
  delivered: 2,
  dropped: 3,
  held: 4,
  duplicated: 5,
};

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");

function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}
