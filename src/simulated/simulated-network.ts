import { argumentType, kind } from "../errors/argument.ts";
import { Bridge, type BridgeDevice, type BridgeOptions } from "./bridge/bridge.ts";
import { Capture, type CaptureOptions } from "./capture/capture.ts";
import { recordsText } from "./capture/packet-text.ts";
import { VirtualTimer } from "./clock/virtual-clock.ts";
import { bound, type Scope } from "./context.ts";
import { Driver, type Steps } from "./driver.ts";
import { HostClock } from "./host/host-clock.ts";
import { type Hosts, namesOf, type PartitionOptions, type Rule } from "./network/faults.ts";
import { type LinkOptions, Network, type NetworkOptions, type NewHost } from "./network/network.ts";
import type { Trace } from "./network/trace.ts";
import { type Duration, formatTime, nanoseconds } from "./network/units.ts";
import type { RealWork } from "./real-work.ts";
import { Host, OVER } from "./simulated-host.ts";

/** The settings of a simulation's network. */
export interface SimulatedNetworkOptions extends Omit<NetworkOptions, "bind"> {
  /** Whether programs' random numbers come from the seed. */
  readonly seedsRandom: boolean;
  readonly idleTimers: number;
  readonly work: RealWork;
  /** The async context in which handlers run. */
  readonly base: (call: () => void) => void;
}

/** How many packets and changes of state the error of a failed simulation ends with. */
const RECENT = 12;

/** How many kernel events may run in a row before the test's predicate is checked again. */
const EVENTS_PER_STEP = 10_000;

/** The network of a simulation: its hosts, its faults, and its time. */
export class SimulatedNetwork {
  /** The network underneath: packets, links and the kernels of the hosts. @internal */
  readonly core: Network;
  /** The scope of the test itself, outside the hosts. @internal */
  readonly scope: Scope;
  /** @internal */
  readonly driver: Driver;
  readonly #options: SimulatedNetworkOptions;
  readonly #hosts = new Map<string, Host>();
  #bridge: Bridge | undefined;
  #waiting = 0;
  #isOver = false;
  /** The last records before the hosts ended. */
  #recent: string | undefined = undefined;

  /** @internal */
  constructor(options: SimulatedNetworkOptions) {
    this.#options = options;
    this.core = new Network({ ...options, bind: bound, ruleFailed: (error) => this.driver.fail(error) });
    const { clock, program, epoch } = this.core;
    this.scope = {
      system: undefined,
      host: undefined,
      clock: new HostClock({ clock, program, epoch, bind: bound }),
      random: options.seedsRandom ? this.core.random("program") : undefined,
    };
    this.driver = new Driver(this.#steps(), options.work, options.idleTimers);
  }

  /** The seed: equal seeds give equal runs. */
  get seed(): number | string {
    return this.core.seed;
  }

  /** Milliseconds of virtual time since the simulation began. */
  get time(): number {
    return this.core.clock.now / 1_000_000;
  }

  /** The trace so far: `digest` is equal for equal runs. */
  get trace(): Trace {
    return this.core.trace;
  }

  /**
   * Records packets, what happens to them, and changes of state from now on, for a file for
   * Wireshark and tcpdump, text, or a sequence diagram.
   */
  capture(options?: CaptureOptions): Capture {
    return new Capture(this.core, options);
  }

  /** The faults so far, if they are not too many: what `faults` of `simulate()` takes. @internal */
  get faults(): readonly string[] | undefined {
    return this.core.faultPlan.happened;
  }

  /** The last packets and changes of state, one line each. @internal */
  get recent(): string {
    return this.#recent ?? recordsText(this.core.trace.last.slice(-RECENT));
  }

  /** The hosts, in the order in which they were added. */
  get hosts(): readonly Host[] {
    return [...this.#hosts.values()];
  }

  /** Adds a host. Without `addresses` it gets one of each version. */
  host(name: string, options?: NewHost): Host {
    this.#checkRunning();
    const { seedsRandom, base } = this.#options;
    const host = new Host(this.core.host(name, options), {
      seedsRandom,
      base,
      faultPlan: this.core.faultPlan,
      isOver: () => this.#isOver,
    });
    this.#hosts.set(name, host);
    return host;
  }

  /**
   * Links two hosts, or changes the conditions of their link. Hosts that no path of links connects
   * reach each other directly, without latency or loss.
   */
  link(one: Host, other: Host, options?: LinkOptions): void {
    this.#checkRunning();
    this.core.link(one.kernel, other.kernel, options);
  }

  /** Stops packets between hosts, in both directions. */
  partition(one: Hosts, other: Hosts, options?: PartitionOptions): void {
    this.#check(one, other);
    if (this.core.faultPlan.allowsNext(`partition ${namesOf(one)} ${namesOf(other)}`))
      this.core.partition(one, other, options);
  }

  /** Ends partitions between hosts; without arguments, all. Held packets continue. */
  heal(one?: Hosts, other?: Hosts): void {
    this.#check(one ?? [], other ?? []);
    this.core.heal(one, other);
  }

  /** Keeps packets between hosts until `release()`. */
  hold(one: Hosts, other: Hosts): void {
    this.#check(one, other);
    if (this.core.faultPlan.allowsNext(`hold ${namesOf(one)} ${namesOf(other)}`)) this.core.hold(one, other);
  }

  /** Releases the packets that `hold()` kept. */
  release(one?: Hosts, other?: Hosts): void {
    this.#check(one ?? [], other ?? []);
    this.core.release(one, other);
  }

  /** Adds a rule that sees every packet between hosts. Returns a function that removes it. */
  rule(rule: Rule): () => void {
    if (typeof rule !== "function") throw argumentType(`rule must be a function, not ${kind(rule)}`);
    return this.core.rule(rule);
  }

  /**
   * Connects the network with a real one, through a device that carries IP packets, such as a TUN
   * device: addresses that no simulated host has lie behind it. Virtual time follows real time from
   * then on.
   */
  bridge(device: BridgeDevice, options?: BridgeOptions): void;
  /** The same, over a link of one host. */
  bridge(host: Host, device: BridgeDevice, link?: LinkOptions): void;
  bridge(one: Host | BridgeDevice, other: BridgeDevice | BridgeOptions = {}, link: LinkOptions = {}): void {
    if (this.#bridge !== undefined) throw new Error("the network has a bridge already");
    const device = one instanceof Host ? other : one;
    if (!isDevice(device)) throw argumentType("device must have read() and write(), as a BridgeDevice has");
    this.#bridge = new Bridge(this.core, device, isDevice(other) ? {} : other);
    if (one instanceof Host) this.core.link(one.kernel, this.#bridge, link);
  }

  /**
   * Lets virtual time pass. Resolves after that time, once everything due until then has happened.
   */
  advance(duration: Duration): Promise<void> {
    this.#checkRunning();
    const { clock, program } = this.core;
    const at = clock.now + nanoseconds(duration, "the duration");
    return new Promise((resolve) => {
      // Once more to the end of the queue: others may have been scheduled for this moment later.
      const due = new VirtualTimer(clock, () => program.add(new VirtualTimer(clock, resolve), at));
      program.add(due, at);
    });
  }

  /** Lets virtual time pass until a predicate is true. It is checked again after each event. */
  until(predicate: () => boolean): Promise<void> {
    this.#checkRunning();
    if (typeof predicate !== "function")
      throw argumentType(`predicate must be a function, not ${kind(predicate)}`);
    return this.#until(predicate);
  }

  async #until(predicate: () => boolean): Promise<void> {
    this.#waiting += 1;
    try {
      await this.driver.until(predicate);
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Whether a scope is one of this simulation's. @internal */
  owns(scope: Scope): boolean {
    return scope === this.scope || this.hosts.some((host) => host.owns(scope));
  }

  /** Ends the hosts, without a packet. @internal */
  end(): void {
    this.#recent = this.recent;
    this.#isOver = true;
    for (const { kernel } of this.hosts) kernel.crash();
  }

  #steps(): Steps {
    const { clock, trace } = this.core;
    const bridge = () => this.#bridge;
    return {
      get followsRealTime() {
        return bridge() !== undefined;
      },
      step: () => this.#step(),
      get packets() {
        return trace.length;
      },
      get time() {
        return `at ${formatTime(clock.now)}`;
      },
      report: () => this.#report(),
    };
  }

  /** Nothing happens after the end: a promise would never be settled. */
  #checkRunning(): void {
    if (this.#isOver) throw new Error(OVER);
  }

  /** A name that no host has would create a fault that never happens. */
  #check(...hosts: Hosts[]): void {
    for (const name of hosts.flatMap(namesOf))
      if (!this.#hosts.has(name) && this.#bridge?.name !== name)
        throw new RangeError(`there is no host "${name}"`);
  }

  /** A report of who waits for what. */
  #report(): string {
    const waits = this.core.describeWaits();
    const lines = [waits, this.#waiting > 0 ? "the program waits in until()" : ""].filter(
      (line) => line !== "",
    );
    return lines.join("\n") || "no host waits for anything: the program waits for something else";
  }

  /** Runs kernels until a program is due, and that program. */
  #step(): boolean {
    if (this.#bridge !== undefined) {
      this.#bridge.step();
      return true;
    }
    const { clock, program } = this.core;
    for (let events = 0; events < EVENTS_PER_STEP; events += 1) {
      const kernelAt = clock.nextAt ?? Number.POSITIVE_INFINITY;
      const programAt = program.nextAt;
      if (kernelAt > programAt) {
        clock.advanceTo(programAt);
        program.runNext();
        return true;
      }
      if (!clock.runNext()) return false;
      if (this.#waiting > 0) return true;
    }
    return true;
  }
}

const isDevice = (given: BridgeDevice | BridgeOptions): given is BridgeDevice =>
  "read" in given && typeof given.read === "function" && typeof given.write === "function";
