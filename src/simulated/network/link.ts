import { defined } from "../../invariant.ts";
import type { Random } from "../clock/random.ts";
import { Scheduled, SECOND, type VirtualClock } from "../clock/virtual-clock.ts";
import { type Packet, packetSize } from "../ip/packet.ts";
import type { FaultPlan } from "./fault-plan.ts";
import type { Trace } from "./trace.ts";
import { bitsPerSecond, type Duration, nanoseconds, type Rate } from "./units.ts";

/** Something at the end of a link: a host, or a bridge to elsewhere. */
export interface Node {
  readonly name: string;
  /** Whether it passes on packets that are not for itself. */
  readonly forwards: boolean;
  receive(packet: Packet, from: Node): void;
  /**
   * Answers a packet of its own that the network rejected: as if a router had sent an ICMP error.
   */
  rejected(packet: Packet, by: string): void;
}

/** What a link does to packets, in one direction. */
export interface LinkConditions {
  /** The time that a packet takes; 0 by default. */
  readonly latency?: Duration;
  /**
   * An additional random delay of up to this much, uniformly distributed. It does not reorder
   * packets.
   */
  readonly jitter?: Duration;
  /** The probability that a packet is lost. */
  readonly loss?: number;
  /** The probability that a packet arrives twice. */
  readonly duplicate?: number;
  /** The probability that later packets overtake a packet. */
  readonly reorder?: number;
  /** The extra delay of a packet that is overtaken; by default the latency, but at least 1 ms. */
  readonly reorderDelay?: Duration;
  /** The probability that a bit flips, so that the receiver drops the packet for its checksum. */
  readonly corrupt?: number;
  /** How fast the link is; by default without limit. */
  readonly rate?: Rate;
  /** How many packets wait for a link of limited rate; 1000 by default, as Linux's txqueuelen. */
  readonly queue?: number;
  /** Bytes of the largest packet; 1500 by default. */
  readonly mtu?: number;
}

/** Conditions in nanoseconds and bits per second. */
export interface ExactConditions {
  readonly latency: number;
  readonly jitter: number;
  readonly loss: number;
  readonly duplicate: number;
  readonly reorder: number;
  readonly reorderDelay: number;
  readonly corrupt: number;
  readonly rate: number;
  readonly queue: number;
  readonly mtu: number;
}

/** IPv6 needs 1280 (RFC 8200, 5); IPv4 alone 68. */
const LEAST_MTU = 68;
const MOST_MTU = 65_535;

const CONDITIONS: readonly string[] = [
  ...["latency", "jitter", "loss", "duplicate", "reorder", "reorderDelay", "corrupt"],
  ...["rate", "queue", "mtu"],
];

/**
 * @throws RangeError if a condition makes no sense
 * @throws TypeError if there is no condition of a name
 */
export function exactConditions(given: LinkConditions): ExactConditions {
  const unknown = Object.keys(given).find((name) => !CONDITIONS.includes(name));
  if (unknown !== undefined)
    throw new TypeError(`a link has no condition ${unknown}, only ${CONDITIONS.join(", ")}`);
  const { mtu = 1_500, queue = 1_000 } = given;
  const probability = (name: "loss" | "duplicate" | "reorder" | "corrupt"): number => {
    const value = given[name] ?? 0;
    if (!(value >= 0 && value <= 1))
      throw new RangeError(`${name} must be a probability from 0 to 1, not ${value}`);
    return value;
  };
  if (!(Number.isInteger(mtu) && mtu >= LEAST_MTU && mtu <= MOST_MTU))
    throw new RangeError(`mtu must be an integer from ${LEAST_MTU} to ${MOST_MTU}, not ${mtu}`);
  if (!(queue >= 0)) throw new RangeError(`queue must be a number of packets, not ${queue}`);
  const latency = nanoseconds(given.latency ?? 0, "latency");
  return {
    latency,
    jitter: nanoseconds(given.jitter ?? 0, "jitter"),
    loss: probability("loss"),
    duplicate: probability("duplicate"),
    reorder: probability("reorder"),
    reorderDelay: nanoseconds(given.reorderDelay ?? Math.max(latency / 1e6, 1), "reorderDelay"),
    corrupt: probability("corrupt"),
    rate: given.rate === undefined ? Number.POSITIVE_INFINITY : bitsPerSecond(given.rate, "rate"),
    queue,
    mtu,
  };
}

/** What the network decides about a packet before a link sees it. */
export type Verdict =
  | "deliver"
  | "hold"
  | { readonly drop: string }
  | { readonly reject: string }
  | { readonly delay: number }
  | { readonly instead: readonly Packet[] };

/** What a direction needs from the network. */
export interface LinkNetwork {
  readonly clock: VirtualClock;
  readonly trace: Trace;
  readonly faultPlan: FaultPlan;
  random(purpose: string): Random;
  /** Applies partitions, holds and rules. */
  judge(packet: Packet, direction: Direction): Verdict;
}

/** One direction of a link, from one node to another. */
export class Direction {
  readonly from: Node;
  readonly to: Node;
  conditions: ExactConditions;
  readonly #network: LinkNetwork;
  readonly #random: Random;
  /** When the last bit of the last packet leaves. */
  #busyUntil = 0;
  /** When each packet in the queue leaves. */
  readonly #departures: number[] = [];
  #lastArrival = 0;
  /** How many packets it took, for the names of faults. */
  #passed = 0;
  readonly #wire: Wire;
  #held: Packet[] = [];

  constructor(network: LinkNetwork, from: Node, to: Node, conditions: ExactConditions) {
    this.#network = network;
    this.from = from;
    this.to = to;
    this.conditions = conditions;
    this.#random = network.random(`link ${from.name} ${to.name}`);
    this.#wire = new Wire(this, network.clock);
  }

  get mtu(): number {
    return this.conditions.mtu;
  }

  /** How many packets wait for the link. */
  get queued(): number {
    const { now } = this.#network.clock;
    while ((this.#departures[0] ?? Number.POSITIVE_INFINITY) <= now) this.#departures.shift();
    return this.#departures.length;
  }

  /** A packet leaves `from`. */
  send(packet: Packet): void {
    this.record("sent", packet);
    this.#apply(this.#network.judge(packet, this), packet);
  }

  #apply(verdict: Verdict, packet: Packet): void {
    if (verdict === "deliver") this.#pass(packet, 0);
    else if (verdict === "hold") {
      this.#held.push(packet);
      this.record("held", packet);
    } else if ("drop" in verdict) this.record("dropped", packet, verdict.drop);
    else if ("reject" in verdict) {
      this.record("dropped", packet, verdict.reject);
      this.from.rejected(packet, this.to.name);
    } else if ("delay" in verdict) this.#pass(packet, verdict.delay);
    else for (const one of verdict.instead) this.#passInstead(one);
  }

  /** Releases the packets that were held, unless something else still stops them. */
  release(): void {
    const held = this.#held;
    this.#held = [];
    for (const packet of held) this.#apply(this.#network.judge(packet, this), packet);
  }

  /** A packet arrives at `to`. Only Wire and Flight call this. */
  deliver(packet: Packet): void {
    this.to.receive(packet, this.from);
  }

  record(event: "sent" | "delivered" | "dropped" | "held" | "duplicated", packet: Packet, why = ""): void {
    const { clock, trace } = this.#network;
    const arrives = event === "delivered";
    const host = (arrives ? this.to : this.from).name;
    const peer = (arrives ? this.from : this.to).name;
    trace.packet(clock.now, event, host, peer, packet, why);
  }

  /** No record mentions it before it arrives, so its data is hashed here. */
  #passInstead(packet: Packet): void {
    this.#network.trace.hashData(packet);
    this.#pass(packet, 0);
  }

  #pass(packet: Packet, delay: number): void {
    const { loss, duplicate, corrupt } = this.conditions;
    const random = this.#random;
    this.#passed += 1;
    if (random.chance(loss)) {
      if (this.#suffers("loss")) this.record("dropped", packet, "loss");
      // Without more draws, so that later packets meet the same fate.
      else this.#fly(packet, delay, undefined);
      return;
    }
    const damaged = random.chance(corrupt) && this.#suffers("corrupt");
    this.#fly(damaged ? corrupted(packet) : packet, delay, random);
    if (random.chance(duplicate)) {
      if (this.#suffers("duplicate")) {
        this.record("duplicated", packet);
        this.#fly(packet, delay, random);
      } else {
        this.#drawInVain();
      }
    }
  }

  /** Draws what a duplicate would have: later packets meet the same fate without it. */
  #drawInVain(): void {
    if (this.conditions.jitter > 0) this.#random.real();
    if (this.conditions.reorder > 0) this.#random.chance(this.conditions.reorder);
  }

  /** Whether the packet that passes at present suffers a fault. */
  #suffers(fault: string): boolean {
    return this.#network.faultPlan.allows(`${fault} ${this.from.name} ${this.to.name} ${this.#passed}`);
  }

  /** @param random undefined for a packet that was lost when its link's numbers were drawn */
  #fly(packet: Packet, delay: number, random: Random | undefined): void {
    const { latency, jitter, rate, queue, reorder, reorderDelay } = this.conditions;
    const { clock } = this.#network;
    let departure = clock.now;
    if (rate !== Number.POSITIVE_INFINITY) {
      // One packet is on the link, and the others wait.
      if (this.queued > queue) {
        this.record("dropped", packet, "queue full");
        return;
      }
      departure = Math.max(departure, this.#busyUntil) + (packetSize(packet) * 8 * SECOND) / rate;
      this.#busyUntil = departure;
      this.#departures.push(departure);
    }
    let arrival = departure + latency + delay;
    if (jitter > 0 && random !== undefined) arrival += random.below(jitter + 1);
    if (reorder > 0 && random?.chance(reorder) && this.#suffers("reorder")) arrival += reorderDelay;
    else if (delay === 0) {
      // A link is a wire: what was sent later does not arrive earlier.
      arrival = Math.max(arrival, this.#lastArrival);
      this.#lastArrival = arrival;
      this.#wire.add(packet, arrival);
      return;
    }
    clock.add(new Flight(this, packet), arrival);
  }
}

/** The least length of the lists of a wire; they grow by doubling. */
const LEAST_CAPACITY = 4;

/**
 * The packets on a link that arrive in the order in which they were sent: one event of the clock,
 * whatever their number.
 */
class Wire extends Scheduled {
  readonly #direction: Direction;
  readonly #clock: VirtualClock;
  /** Rings of packets, their arrivals, and their ranks among the events of the clock. */
  #packets = new Array<Packet | undefined>(LEAST_CAPACITY).fill(undefined);
  #arrivals = new Array<number>(LEAST_CAPACITY).fill(0);
  #orders = new Array<number>(LEAST_CAPACITY).fill(0);
  #first = 0;
  #count = 0;

  constructor(direction: Direction, clock: VirtualClock) {
    super();
    this.#direction = direction;
    this.#clock = clock;
  }

  add(packet: Packet, arrival: number): void {
    const order = this.#clock.nextOrder();
    if (this.#count === this.#packets.length) this.#grow();
    const at = (this.#first + this.#count) & (this.#packets.length - 1);
    this.#packets[at] = packet;
    this.#arrivals[at] = arrival;
    this.#orders[at] = order;
    this.#count += 1;
    if (this.#count === 1) this.#clock.addRanked(this, arrival, order);
  }

  override due(): void {
    const at = this.#first;
    const packet = defined(this.#packets[at], "a wire is due when it has a packet");
    this.#packets[at] = undefined;
    this.#first = (at + 1) & (this.#packets.length - 1);
    this.#count -= 1;
    // Before the packet is delivered, since that may advance the clock: a blocking call does.
    if (this.#count > 0)
      this.#clock.addRanked(
        this,
        defined(this.#arrivals[this.#first], "each packet has an arrival"),
        defined(this.#orders[this.#first], "each packet has a rank"),
      );
    this.#direction.deliver(packet);
  }

  #grow(): void {
    this.#packets = unrolled(this.#packets, this.#first, undefined);
    this.#arrivals = unrolled(this.#arrivals, this.#first, 0);
    this.#orders = unrolled(this.#orders, this.#first, 0);
    this.#first = 0;
  }
}

/** A full ring from its first entry on, with as much space behind it. */
const unrolled = <Entry>(ring: readonly Entry[], first: number, empty: Entry): Entry[] => [
  ...ring.slice(first),
  ...ring.slice(0, first),
  ...new Array<Entry>(ring.length).fill(empty),
];

/** A packet that others may overtake. */
class Flight extends Scheduled {
  readonly #direction: Direction;
  readonly #packet: Packet;

  constructor(direction: Direction, packet: Packet) {
    super();
    this.#direction = direction;
    this.#packet = packet;
  }

  override due(): void {
    this.#direction.deliver(this.#packet);
  }
}

/**
 * The same with a wrong checksum; without one, the header is damaged, and the packet is dropped.
 */
function corrupted(packet: Packet): Packet {
  const { payload } = packet;
  if (payload.kind === "raw") return packet;
  return { ...packet, payload: { ...payload, badChecksum: true } };
}
