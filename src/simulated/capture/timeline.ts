import type { Packet } from "../ip/packet.ts";
import type { PacketRecord, TraceRecord } from "../network/trace.ts";
import { type QueueLengths, readQueueChange } from "../tcp/queue-record.ts";

/** The layout of a diagram: time runs downwards, but idle times are shortened. */
export interface Timeline {
  /** Hosts, from left to right. */
  readonly hosts: readonly string[];
  readonly arrows: readonly Arrow[];
  readonly states: readonly StateLabel[];
  readonly queues: readonly QueueLane[];
  readonly times: readonly TimeLabel[];
  readonly height: number;
}

export interface Arrow {
  readonly packet: Packet;
  readonly from: string;
  readonly to: string;
  readonly y: number;
  /** Where it arrives; undefined if it does not. */
  arrivesAt: number | undefined;
  /** Why it did not arrive, or was changed: `dropped: loss`. */
  fate: string;
}

export interface StateLabel {
  readonly host: string;
  readonly subject: string;
  readonly change: string;
  readonly y: number;
}

/** The queues of one listener. */
export interface QueueLane {
  readonly host: string;
  readonly subject: string;
  readonly steps: { readonly y: number; readonly lengths: QueueLengths }[];
}

export interface TimeLabel {
  readonly at: number;
  readonly y: number;
}

/** Pixels: between two sends, so that their labels do not overlap; and otherwise. */
const ROW = 20;
const STEP = 6;
const STATE = 13;
const LONGEST_GAP = 48;

/** Lays records out. */
export function timeline(records: readonly TraceRecord[]): Timeline {
  return new Layout().add(records);
}

class Layout {
  readonly #hosts: string[] = [];
  readonly #arrows: Arrow[] = [];
  readonly #states: StateLabel[] = [];
  readonly #queues = new Map<string, QueueLane>();
  readonly #times: TimeLabel[] = [];
  readonly #flying = new Map<Packet, Arrow[]>();
  #y = 0;
  #at: number | undefined;

  add(records: readonly TraceRecord[]): Timeline {
    for (const record of records) {
      this.#host(record.host);
      if (record.kind === "state") this.#state(record);
      else this.#packet(record);
    }
    return {
      hosts: this.#hosts,
      arrows: this.#arrows,
      states: this.#states,
      queues: [...this.#queues.values()],
      times: this.#times,
      height: this.#y + ROW,
    };
  }

  #host(name: string): void {
    if (!this.#hosts.includes(name)) this.#hosts.push(name);
  }

  /** Moves down to a record: further after a longer time, up to a limit. */
  #down(at: number, row: number): number {
    const passed = this.#at === undefined ? 0 : at - this.#at;
    this.#y += row + (passed > 0 ? Math.min(LONGEST_GAP, Math.round(3 * Math.log2(1 + passed / 1_000))) : 0);
    if (this.#at !== at) this.#times.push({ at, y: this.#y });
    this.#at = at;
    return this.#y;
  }

  #packet(record: PacketRecord): void {
    const { packet, host, peer, event, why } = record;
    if (host === peer && event === "delivered") return;
    this.#host(peer);
    if (event === "sent") {
      const arrow: Arrow = {
        packet,
        from: host,
        to: peer,
        y: this.#down(record.at, ROW),
        arrivesAt: undefined,
        fate: "",
      };
      this.#arrows.push(arrow);
      this.#flying.set(packet, [...(this.#flying.get(packet) ?? []), arrow]);
      return;
    }
    const arrow = this.#flying
      .get(packet)
      ?.find(({ from, to, arrivesAt }) => arrivesAt === undefined && (from === host || to === host));
    if (arrow === undefined) return;
    if (event === "delivered") arrow.arrivesAt = this.#down(record.at, STEP);
    else arrow.fate = [arrow.fate, why === "" ? event : why].filter((text) => text !== "").join(", ");
  }

  #state({ host, subject, change, at }: Extract<TraceRecord, { kind: "state" }>): void {
    const lengths = readQueueChange(change);
    if (lengths === undefined) {
      this.#states.push({ host, subject, change, y: this.#down(at, STATE) });
      return;
    }
    const key = `${host} ${subject}`;
    const lane = this.#queues.get(key) ?? { host, subject, steps: [] };
    this.#queues.set(key, lane);
    const y = this.#down(at, 0);
    // Only the last of several changes at one place is visible.
    if (lane.steps.at(-1)?.y === y) lane.steps.pop();
    lane.steps.push({ y, lengths });
  }
}
