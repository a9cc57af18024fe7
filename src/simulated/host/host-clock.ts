import type { Clock, Immediate, Timer } from "../../clock/clock.ts";
import { MILLISECOND, Scheduled, type VirtualClock } from "../clock/virtual-clock.ts";
import type { ProgramHost, ProgramQueue } from "./program-host.ts";

/** Node's limits of a delay: 1 ms to 2^31 - 1 ms; anything else is 1 ms. */
const LONGEST = 0x7fffffff;

/** What a host's clock needs. */
export interface HostClockOptions {
  readonly clock: VirtualClock;
  readonly program: ProgramQueue;
  /** The host, whose pauses delay its timers; none for the test outside the hosts. */
  readonly host?: ProgramHost;
  /** Milliseconds since 1970 when the simulation began. */
  readonly epoch: number;
  /** Wraps a callback so that it runs in the context of its caller. */
  readonly bind: (call: () => void) => () => void;
}

/** The clock of a host's programs; its timers lie in the program queue. It can be wrong. */
export class HostClock implements Clock {
  readonly #options: HostClockOptions;
  /** When the host booted, in virtual nanoseconds. */
  readonly #boot: number;
  readonly #timers = new Set<HostTimer>();
  /** Milliseconds by which date() is ahead, and how much faster than true time the clock runs. */
  #offset = 0;
  #rate = 1;
  /** The reading, in milliseconds, at a moment: where the present rate began. */
  #reading = 0;
  #since: number;
  #ended = false;

  constructor(options: HostClockOptions) {
    this.#options = options;
    this.#boot = options.clock.now;
    this.#since = this.#boot;
  }

  now(): number {
    return this.#reading + ((this.#options.clock.now - this.#since) / MILLISECOND) * this.#rate;
  }

  date(): number {
    return Math.floor(this.preciseDate());
  }

  /** The same with fractions of a millisecond. */
  preciseDate(): number {
    return this.#options.epoch + this.#boot / MILLISECOND + this.now() + this.#offset;
  }

  /**
   * Makes the clock wrong: ahead by `offset` milliseconds, and `rate` times as fast as true time.
   */
  skew({ offset = this.#offset, rate = this.#rate }: { offset?: number; rate?: number }): void {
    if (!(rate > 0 && rate < Number.POSITIVE_INFINITY))
      throw new RangeError(`rate must be a positive number, not ${rate}`);
    if (!Number.isFinite(offset))
      throw new RangeError(`offset must be a number of milliseconds, not ${offset}`);
    this.#reading = this.now();
    this.#since = this.#options.clock.now;
    this.#rate = rate;
    this.#offset = offset;
  }

  setTimeout(call: () => void, milliseconds: number): Timer {
    return this.#start(call, milliseconds, false);
  }

  setInterval(call: () => void, milliseconds: number): Timer {
    return this.#start(call, milliseconds, true);
  }

  clearTimeout(timer: Timer | string | number | undefined): void {
    if (timer instanceof HostTimer) this.stop(timer);
  }

  clearInterval(timer: Timer | string | number | undefined): void {
    this.clearTimeout(timer);
  }

  setImmediate(call: () => void): Immediate {
    return this.#start(call, -1, false);
  }

  clearImmediate(immediate: Immediate | undefined): void {
    if (immediate instanceof HostTimer) this.stop(immediate);
  }

  /** Only HostTimer calls these. */
  schedule(timer: HostTimer, milliseconds: number): void {
    if (this.#ended) return;
    const { clock, program, host } = this.#options;
    this.#timers.add(timer);
    program.add(timer, clock.now + Math.round((milliseconds * MILLISECOND) / this.#rate), host);
  }

  stop(timer: HostTimer): void {
    this.#timers.delete(timer);
    this.#options.program.cancel(timer);
  }

  done(timer: HostTimer): void {
    this.#timers.delete(timer);
  }

  /** The host crashed: no timer fires again. */
  end(): void {
    this.#ended = true;
    for (const timer of [...this.#timers]) this.stop(timer);
  }

  #start(call: () => void, milliseconds: number, repeats: boolean): HostTimer {
    const whole = Math.trunc(milliseconds);
    const delay = milliseconds === -1 ? 0 : whole >= 1 && whole <= LONGEST ? whole : 1;
    const timer = new HostTimer(this, this.#options.bind(call), delay, repeats);
    this.schedule(timer, delay);
    return timer;
  }
}

/** A timeout, an interval, or an immediate. Whether it is ref'ed is up to the loop that runs it. */
export class HostTimer extends Scheduled implements Timer, Immediate {
  readonly #clock: HostClock;
  readonly #call: () => void;
  readonly #delay: number;
  readonly #repeats: boolean;
  /** Whether the simulation waits for it before ending. */
  keepsAlive = true;

  constructor(clock: HostClock, call: () => void, delay: number, repeats: boolean) {
    super();
    this.#clock = clock;
    this.#call = call;
    this.#delay = delay;
    this.#repeats = repeats;
  }

  ref(): this {
    this.keepsAlive = true;
    return this;
  }

  unref(): this {
    this.keepsAlive = false;
    return this;
  }

  refresh(): this {
    this.#clock.schedule(this, this.#delay);
    return this;
  }

  override due(): void {
    this.#clock.done(this);
    if (this.#repeats) this.#clock.schedule(this, this.#delay);
    this.#call();
  }
}
