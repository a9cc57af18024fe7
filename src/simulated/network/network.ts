import { argumentType, kind } from "../../errors/argument.ts";
import { Random } from "../clock/random.ts";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { Blocking, type Waiting } from "../host/blocking.ts";
import type { LinuxRelease } from "../host/linux-release.ts";
import type { ProtocolHost } from "../host/protocol-host.ts";
import { type HostNetwork, type HostOptions, SimulatedHost } from "../host/simulated-host.ts";
import type { SysctlValues } from "../host/sysctls.ts";
import { canonical, isLinkLocal } from "../ip/address.ts";
import type { Packet } from "../ip/packet.ts";
import { FaultPlan } from "./fault-plan.ts";
import { Faults, type Hosts, type PartitionOptions, type Rule } from "./faults.ts";
import type { Direction, LinkConditions, LinkNetwork, Node, Verdict } from "./link.ts";
import { ProgramItems } from "./program-queue.ts";
import { registerProtocols } from "./protocols.ts";
import { type Hop, Topology } from "./topology.ts";
import { Trace } from "./trace.ts";

/** Settings of a network. */
export interface NetworkOptions {
  /** Equal seeds give equal runs. */
  readonly seed: number | string;
  /** Milliseconds since 1970 when the simulation begins; 2000-01-01 by default. */
  readonly epoch?: number;
  /** Conditions between hosts that have no path of links; no latency and no faults by default. */
  readonly conditions?: LinkConditions;
  /** Whether hosts without a path of links reach each other at all; true by default. */
  readonly meshed?: boolean;
  /**
   * The faults that may happen, as the message of a failed simulation lists them; all by default.
   */
  readonly faults?: readonly string[] | undefined;
  /** Wraps the callbacks of programs, so that they run in the context of their caller. */
  readonly bind?: (call: () => void) => () => void;
  /** Called with an error thrown by a rule; by default, the call that sent the packet throws it. */
  readonly ruleFailed?: (error: unknown) => void;
}

/** Settings of a new host. */
export interface NewHost {
  /** Its addresses, with a prefix if not the usual one; by default one of each version. */
  readonly addresses?: readonly string[];
  /** Whether it passes on packets for others. */
  readonly forwards?: boolean;
  /** Names that resolve to it besides its own. */
  readonly names?: readonly string[];
  readonly user?: number;
  readonly pid?: number;
  readonly sysctls?: Partial<SysctlValues>;
  /** The release of Linux that it emulates; 6.18 by default. */
  readonly linux?: LinuxRelease;
}

/** Conditions of a link, which may differ by direction. */
export interface LinkOptions extends LinkConditions {
  /** Conditions from the first host to the second, where they differ. */
  readonly there?: LinkConditions;
  /** Conditions from the second host to the first, where they differ. */
  readonly back?: LinkConditions;
}

/** A destination of packets outside the simulation: a bridge to a TUN device. */
export interface Outside extends Node {
  /** Whether an address lies there. */
  owns(address: string): boolean;
}

/** The lines of a report of who waits. */
const MOST_WAITS = 100;

const YEAR_2000 = 946_684_800_000;

/** Hosts and what connects them, in virtual time. */
export class Network implements HostNetwork, LinkNetwork {
  readonly seed: number | string;
  readonly epoch: number;
  readonly clock = new VirtualClock();
  readonly program = new ProgramItems(this.clock);
  readonly blocking: Blocking;
  readonly trace = new Trace();
  readonly faultPlan: FaultPlan;
  readonly topology: Topology;
  readonly faults: Faults;
  readonly #bind: (call: () => void) => () => void;
  readonly #hosts = new Map<string, SimulatedHost>();
  readonly #outside: Outside[] = [];
  readonly #owners = new Map<string, SimulatedHost>();
  readonly #names = new Map<string, SimulatedHost>();
  /** The last address that was given to a host by itself. */
  #assigned = 0;

  constructor({
    seed,
    epoch = YEAR_2000,
    conditions = {},
    meshed = true,
    bind = (call) => call,
    faults,
    ruleFailed = rethrow,
  }: NetworkOptions) {
    this.faultPlan = new FaultPlan(faults);
    this.seed = seed;
    this.epoch = epoch;
    this.#bind = bind;
    this.topology = new Topology(this, conditions, meshed);
    this.blocking = new Blocking(this.clock, () => this.describeWaits());
    this.faults = new Faults({
      clock: this.clock,
      ownerOf: (address) => this.#owners.get(address)?.name,
      ruleFailed,
    });
  }

  get hosts(): IterableIterator<SimulatedHost> {
    return this.#hosts.values();
  }

  /** Adds a host. */
  host(
    name: string,
    {
      addresses,
      forwards = false,
      names = [],
      user = 0,
      pid = 1,
      sysctls = {},
      linux = "6.18",
    }: NewHost = {},
  ): SimulatedHost {
    if (typeof name !== "string" || name === "")
      throw argumentType(
        `the name of a host must be a string that is not empty, not ${name === "" ? '""' : kind(name)}`,
      );
    if (this.#hosts.has(name)) throw new RangeError(`there is already a host "${name}"`);
    const given = addresses ?? this.#nextAddresses();
    for (const address of given) {
      const text = canonical(address.split("/")[0] ?? "");
      const owner = text === undefined ? undefined : this.#owners.get(text);
      if (owner !== undefined)
        throw new RangeError(`${address} is already an address of host "${owner.name}"`);
    }
    const forwarding = { "net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1 };
    const options: HostOptions = {
      addresses: given,
      user,
      pid,
      sysctls: { ...(forwards && forwarding), ...sysctls },
      linux,
    };
    const host = new SimulatedHost(this, name, options);
    this.#hosts.set(name, host);
    for (const address of host.addresses) this.#owners.set(address, host);
    for (const one of [name, ...names]) this.#names.set(one.toLowerCase(), host);
    return host;
  }

  /** Adds something that is not simulated, and that some addresses lie behind. */
  attach(outside: Outside): void {
    this.#outside.push(outside);
  }

  /** Links two hosts, or changes the conditions of their link. */
  link(one: Node, other: Node, { there, back, ...both }: LinkOptions = {}): void {
    if (one === other) throw new RangeError(`host "${one.name}" cannot be linked with itself`);
    this.topology.link(one, other, { ...both, ...there }, { ...both, ...back });
  }

  /** Stops packets between hosts, in both directions. */
  partition(one: Hosts, other: Hosts, options?: PartitionOptions): void {
    this.faults.partition(one, other, options);
  }

  /** Ends partitions between hosts; without arguments, all. Held packets continue. */
  heal(one?: Hosts, other?: Hosts): void {
    if (!this.faults.heal(one, other)) return;
    for (const direction of this.topology.directions()) direction.release();
  }

  /** Keeps packets between hosts until `release()`. */
  hold(one: Hosts, other: Hosts): void {
    this.faults.hold(one, other);
  }

  /** Releases the packets that `hold()` kept. */
  release(one?: Hosts, other?: Hosts): void {
    this.heal(one, other);
  }

  /** Adds a rule that sees every packet between hosts. Returns a function that removes it. */
  rule(rule: Rule): () => void {
    return this.faults.rule(rule);
  }

  /** A report of who waits for what, one per line, at most a hundred. */
  describeWaits(): string {
    const waiting: Waiting[] = this.blocking.waiting === undefined ? [] : [this.blocking.waiting];
    const lines = waiting.map(({ host, what }) => `${host} waits in ${what}`);
    for (const host of this.hosts) {
      for (const what of host.waits()) lines.push(`${host.name} waits for ${what}`);
      if (host.paused) lines.push(`${host.name} is paused`);
      if (host.crashed) lines.push(`${host.name} has crashed`);
    }
    const more = lines.length - MOST_WAITS;
    return [...lines.slice(0, MOST_WAITS), ...(more > 0 ? [`and ${more} more`] : [])].join("\n");
  }

  // The interface for hosts.

  bind(call: () => void): () => void {
    return this.#bind(call);
  }

  addressesOf(name: string): readonly string[] | undefined {
    // As in DNS: a link-local address is meaningless without its link (RFC 4472, 2.1).
    return this.#names.get(name)?.addresses.filter((address) => !isLinkLocal(address));
  }

  nameOf(address: string): string | undefined {
    return this.#owners.get(address)?.name;
  }

  path(from: SimulatedHost, destination: string): Hop | undefined {
    const to = this.#nodeAt(destination);
    return to === undefined || to === from ? undefined : this.topology.hop(from, to);
  }

  neighbors(of: SimulatedHost): Iterable<Hop> {
    return this.topology.neighbors(of, this.#hosts.values());
  }

  protocols(host: ProtocolHost): void {
    registerProtocols(host);
  }

  tracedPacket(
    host: SimulatedHost,
    event: "sent" | "delivered" | "dropped",
    packet: Packet,
    peer: string,
    why: string,
  ): void {
    this.trace.packet(this.clock.now, event, host.name, peer, packet, why);
  }

  tracedState(host: SimulatedHost, subject: string, change: string): void {
    this.trace.state({ kind: "state", at: this.clock.now, host: host.name, subject, change });
  }

  // The interface for links.

  random(purpose: string): Random {
    return new Random(this.seed, purpose);
  }

  judge(packet: Packet, direction: Direction): Verdict {
    return this.faults.judge(packet, direction);
  }

  #nodeAt(address: string): Node | undefined {
    return this.#owners.get(address) ?? this.#outside.find((one) => one.owns(address));
  }

  /** 10.0.0.1, fd00::1, and so on, as far as they are free. */
  #nextAddresses(): string[] {
    for (;;) {
      this.#assigned += 1;
      const number = this.#assigned;
      // No .0 and no .255, the network and broadcast addresses.
      if (number % 256 === 0 || number % 256 === 255) continue;
      const ipv4 = `10.${number >> 16}.${(number >> 8) & 0xff}.${number & 0xff}`;
      const ipv6 = `fd00::${number.toString(16)}`;
      const linkLocal = `fe80::${number.toString(16)}`;
      if (![ipv4, ipv6, linkLocal].some((address) => this.#owners.has(address)))
        return [`${ipv4}/8`, `${ipv6}/64`, `${linkLocal}/64`];
    }
  }
}

function rethrow(error: unknown): never {
  throw error;
}
