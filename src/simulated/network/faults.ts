import { argumentType, kind } from "../../errors/argument.ts";
import type { Packet } from "../ip/packet.ts";
import type { Direction, Verdict } from "./link.ts";
import { type Duration, nanoseconds } from "./units.ts";

/** One host or several, by name or as hosts. */
export type Hosts = Named | string | readonly (Named | string)[];

interface Named {
  readonly name: string;
}

/** What a rule may decide about a packet; undefined leaves it to the next rule. */
export type Fate =
  | undefined
  | "deliver"
  | "drop"
  /** Drops it, and reports to the sender that the host is unreachable. */
  | "reject"
  /** Keeps it until `release()`. */
  | "hold"
  | { readonly delay: Duration }
  /** Sends other packets in its place. */
  | { readonly instead: Packet | readonly Packet[] };

/** Where a rule sees a packet. */
export interface RuleContext {
  /** The host that sends or forwards it. */
  readonly from: string;
  /** The next host on its way. */
  readonly to: string;
  /** Virtual time in milliseconds. */
  readonly at: number;
}

/** Sees every packet that leaves a host for another, and may decide its fate. */
export type Rule = (packet: Packet, context: RuleContext) => Fate;

export interface PartitionOptions {
  /**
   * "silent" drops packets; "rejecting" also reports to the sender that the host is unreachable.
   */
  readonly mode?: "silent" | "rejecting";
  /** Only packets from the first to the second. */
  readonly oneWay?: boolean;
}

type Cut = "silent" | "rejecting" | "hold";

/** What faults need from the network. */
export interface FaultNetwork {
  readonly clock: { readonly now: number };
  /** The name of the host that has an address; undefined if none has it. */
  ownerOf(address: string): string | undefined;
  /** A rule threw, or returned something other than a fate. */
  ruleFailed(error: unknown): void;
}

const keyOf = (from: string, to: string): string => `${from}\0${to}`;

/** @throws TypeError if they are not hosts */
export function namesOf(hosts: Hosts): string[] {
  const list: readonly unknown[] = Array.isArray(hosts) ? hosts : [hosts];
  return list.map((one) => {
    const name = typeof one === "object" && one !== null && "name" in one ? one.name : one;
    if (typeof name !== "string")
      throw argumentType("a host must be given as itself or by its name, or several in an array");
    return name;
  });
}

const FATES = 'a rule must return "deliver", "drop", "reject", "hold", { delay }, { instead } or undefined';

/** @throws TypeError if it is not a fate, RangeError if its delay is not a time */
function verdictOf(fate: unknown): Verdict | undefined {
  if (fate === undefined || fate === "deliver" || fate === "hold") return fate;
  if (fate === "drop" || fate === "reject") return fate === "drop" ? { drop: "rule" } : { reject: "rule" };
  if (hasDelay(fate)) return { delay: nanoseconds(fate.delay, "delay") };
  if (hasPackets(fate)) return { instead: Array.isArray(fate.instead) ? fate.instead : [fate.instead] };
  const given = fate instanceof Promise ? "a promise" : kind(fate);
  throw argumentType(`${FATES}, not ${typeof fate === "string" ? `"${fate}"` : given}`);
}

const hasDelay = (fate: unknown): fate is { readonly delay: Duration } =>
  typeof fate === "object" && fate !== null && "delay" in fate;

const hasPackets = (fate: unknown): fate is { readonly instead: Packet | readonly Packet[] } =>
  typeof fate === "object" &&
  fate !== null &&
  "instead" in fate &&
  (Array.isArray(fate.instead) ? fate.instead : [fate.instead]).every(
    (packet) => typeof packet === "object" && packet !== null && "version" in packet,
  );

/**
 * Partitions, held links, and rules: everything that affects packets between hosts, except the
 * conditions of links.
 */
export class Faults {
  readonly #network: FaultNetwork;
  /** By the names of two hosts, in one direction. */
  readonly #cuts = new Map<string, Cut>();
  readonly #rules: Rule[] = [];

  constructor(network: FaultNetwork) {
    this.#network = network;
  }

  partition(one: Hosts, other: Hosts, { mode = "silent", oneWay = false }: PartitionOptions = {}): void {
    this.#cut(one, other, mode);
    if (!oneWay) this.#cut(other, one, mode);
  }

  hold(one: Hosts, other: Hosts): void {
    this.#cut(one, other, "hold");
    this.#cut(other, one, "hold");
  }

  /** Ends partitions and holds between hosts, or all; returns whether any held packets. */
  heal(one: Hosts | undefined, other: Hosts | undefined): boolean {
    const ended: Cut[] = [];
    for (const [key, cut] of [...this.#cuts]) {
      const [from = "", to = ""] = key.split("\0");
      if (!concerns(one, other, from, to)) continue;
      this.#cuts.delete(key);
      ended.push(cut);
    }
    return ended.includes("hold");
  }

  /** Adds a rule, which runs after the earlier ones. Returns a function that removes it. */
  rule(rule: Rule): () => void {
    this.#rules.push(rule);
    return () => {
      const at = this.#rules.indexOf(rule);
      if (at !== -1) this.#rules.splice(at, 1);
    };
  }

  judge(packet: Packet, direction: Direction): Verdict {
    if (this.#cuts.size > 0) {
      const cut = this.#cutFor(packet, direction);
      if (cut === "hold") return "hold";
      if (cut !== undefined) return cut === "silent" ? { drop: "partition" } : { reject: "partition" };
    }
    for (const rule of this.#rules) {
      const at = this.#network.clock.now / 1e6;
      try {
        const verdict = verdictOf(rule(packet, { from: direction.from.name, to: direction.to.name, at }));
        if (verdict !== undefined) return verdict;
      } catch (error) {
        // The call that sent the packet is not to blame.
        this.#network.ruleFailed(error);
      }
    }
    return "deliver";
  }

  /** A cut between neighbors, or between the hosts at both ends. */
  #cutFor(packet: Packet, { from, to }: Direction): Cut | undefined {
    const near = this.#cuts.get(keyOf(from.name, to.name));
    if (near !== undefined) return near;
    const source = this.#network.ownerOf(packet.source);
    const destination = this.#network.ownerOf(packet.destination);
    if (source === undefined || destination === undefined) return undefined;
    return this.#cuts.get(keyOf(source, destination));
  }

  #cut(one: Hosts, other: Hosts, cut: Cut): void {
    for (const from of namesOf(one)) {
      for (const to of namesOf(other)) if (from !== to) this.#cuts.set(keyOf(from, to), cut);
    }
  }
}

/** Whether a direction is between two groups of hosts; all hosts, if a group is undefined. */
function concerns(one: Hosts | undefined, other: Hosts | undefined, from: string, to: string): boolean {
  const has = (hosts: Hosts | undefined, name: string) =>
    hosts === undefined || namesOf(hosts).includes(name);
  return (has(one, from) && has(other, to)) || (has(one, to) && has(other, from));
}
