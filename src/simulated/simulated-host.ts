import { connect } from "../net/connection/connect.ts";
import type { Connection } from "../net/connection/connection.ts";
import type { ConnectionHandlers } from "../net/connection/handlers.ts";
import { listen } from "../net/listener/listen.ts";
import type { Listener } from "../net/listener/listener.ts";
import type { Server } from "../net/listener/server.ts";
import type { ConnectOptions } from "../net/options/connect-options.ts";
import type { DatagramOptions } from "../net/options/datagram-options.ts";
import type { ListenOptions } from "../net/options/listen-options.ts";
import type { DatagramSocket } from "../net/udp/datagram-socket.ts";
import type { DatagramSocketHandlers, HandledDatagramSocket } from "../net/udp/handled-datagram-socket.ts";
import { udp } from "../net/udp/udp.ts";
import type { System } from "../system/system.ts";
import { runIn, type Scope } from "./context.ts";
import type { SimulatedHost } from "./host/simulated-host.ts";
import { provideHostEngine } from "./host-engine.ts";
import type { FaultPlan } from "./network/fault-plan.ts";

/** The code that was running on a host when it crashed. */
export class HostCrashed extends Error {
  override readonly name = "HostCrashed";
}

/** The message for a simulation that is used after its end. */
export const OVER = "the simulation is over";

/** What a host needs from its simulation. */
interface HostSettings {
  readonly seedsRandom: boolean;
  readonly base: (call: () => void) => void;
  readonly faultPlan: FaultPlan;
  /** Whether the simulation has ended. */
  readonly isOver: () => boolean;
}

type HostScope = Scope & { readonly system: System };

/** The error of a host's clock. */
export interface Skew {
  /** Milliseconds by which it is ahead. */
  readonly offset?: number;
  /** How much faster than true time it runs: 1.0001 gains 100 microseconds a second. */
  readonly rate?: number;
}

/** A host of a simulation, on which programs run. */
export class Host {
  /** Its kernel: sockets, ports and settings. @internal */
  readonly kernel: SimulatedHost;
  readonly #settings: HostSettings;
  /** A crash did not happen, since `faults` of the simulation leaves it out. */
  #isSpared = false;
  /** The state of the present boot. */
  #scope: HostScope | undefined;

  /** @internal */
  constructor(kernel: SimulatedHost, settings: HostSettings) {
    this.kernel = kernel;
    this.#settings = settings;
  }

  /** Its name, which resolves to its addresses. */
  get name(): string {
    return this.kernel.name;
  }

  /** Its addresses, without those of loopback. */
  get addresses(): readonly string[] {
    return this.kernel.addresses;
  }

  /** The first address. */
  get address(): string {
    return this.addresses[0] ?? "127.0.0.1";
  }

  /** Its System, for options `system`. After a restart it has another. */
  get system(): System {
    return this.kernel.system;
  }

  /** Whether it has crashed and was not restarted. */
  get crashed(): boolean {
    return this.kernel.crashed;
  }

  /** Whether its program is stopped. */
  get paused(): boolean {
    return this.kernel.paused;
  }

  /**
   * Runs code on this host: what it calls, and whatever it starts, uses the host's sockets, names,
   * clock and random numbers. Returns what the code returns; a promise rejects with HostCrashed if
   * the host crashes first.
   *
   * In a browser, which lacks AsyncLocalStorage, only what runs until the code returns is on the
   * host; use `listen()`, `connect()` and `udp()` of the host there.
   */
  run<Value>(call: () => Promise<Value>): Promise<Value>;
  run<Value>(call: () => Value): Value;
  run(call: () => unknown): unknown {
    if (this.#settings.isOver()) throw new HostCrashed(OVER);
    if (this.crashed) throw new HostCrashed(`host "${this.name}" has crashed: restart() it first`);
    const result = runIn(this.#here(), call);
    return result instanceof Promise ? this.#untilCrash(result) : result;
  }

  /** `listen()` on this host. */
  listen<const Values extends readonly unknown[]>(options: ListenOptions<Values>): Promise<Listener>;
  listen<State, const Values extends readonly unknown[]>(
    options: ListenOptions<Values>,
    handlers: ConnectionHandlers<State>,
  ): Promise<Server>;
  listen<State>(options: ListenOptions, handlers?: ConnectionHandlers<State>): Promise<Listener | Server> {
    return this.run(() => (handlers === undefined ? listen(options) : listen(options, handlers)));
  }

  /** `connect()` on this host. */
  connect<const Values extends readonly unknown[]>(options: ConnectOptions<Values>): Promise<Connection> {
    return this.run(() => connect(options));
  }

  /** `udp()` on this host. */
  udp<const Values extends readonly unknown[]>(options: DatagramOptions<Values>): Promise<DatagramSocket>;
  udp<const Values extends readonly unknown[]>(
    options: DatagramOptions<Values>,
    handlers: DatagramSocketHandlers,
  ): Promise<HandledDatagramSocket>;
  udp(
    options: DatagramOptions,
    handlers?: DatagramSocketHandlers,
  ): Promise<DatagramSocket | HandledDatagramSocket> {
    return this.run(() => (handlers === undefined ? udp(options) : udp(options, handlers)));
  }

  /**
   * Simulates a power failure: sockets vanish without a packet, and the program never runs again.
   */
  crash(): void {
    if (this.#settings.faultPlan.allowsNext(`crash ${this.name}`)) this.kernel.crash();
    else this.#isSpared = true;
  }

  /** Starts it again, with no sockets and no program. */
  restart(): void {
    if (this.#settings.isOver()) throw new HostCrashed(OVER);
    if (this.#isSpared) this.#isSpared = false;
    else this.kernel.restart();
  }

  /** Stops its program. Its kernel continues: it acknowledges, and its queues fill. */
  pause(): void {
    if (this.#settings.faultPlan.allowsNext(`pause ${this.name}`)) this.kernel.pause();
  }

  /** Resumes its program. */
  resume(): void {
    this.kernel.resume();
  }

  /** Makes its clock wrong. */
  skew(skew: Skew): void {
    this.kernel.hostClock.skew(skew);
  }

  /** Reads a setting by Linux's name, such as `net.core.somaxconn`, or changes it. */
  sysctl(name: string, value?: string | number | readonly number[]): string | number | readonly number[] {
    return this.kernel.sysctl(name, value);
  }

  /** Whether a scope is this host, since it started last. @internal */
  owns(scope: Scope): boolean {
    return scope === this.#scope;
  }

  #here(): HostScope {
    const { system } = this.kernel;
    if (this.#scope?.system === system) return this.#scope;
    const { seedsRandom, base } = this.#settings;
    const scope = {
      system,
      host: this.kernel,
      clock: system.clock,
      random: seedsRandom ? this.kernel.random("program") : undefined,
    };
    provideHostEngine(this.kernel, scope, base);
    this.#scope = scope;
    return scope;
  }

  #untilCrash<Value>(result: Promise<Value>): Promise<Value> {
    const settled = new Promise<Value>((resolve, reject) => {
      const forget = this.kernel.onCrash(() => reject(new HostCrashed(`host "${this.name}" crashed`)));
      result.then(resolve, reject).finally(forget);
    });
    // No one needs to wait for a program that a crash ends.
    settled.catch(() => {});
    return settled;
  }
}
