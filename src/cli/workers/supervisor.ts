import type { Timer } from "../../clock/clock.ts";
import { machineClock } from "../../clock/machine-clock.ts";
import type { CommandEnd } from "../command-status.ts";
import { BackOff } from "./back-off.ts";
import type { WorkerReport } from "./control-socket.ts";
import type { Guardian } from "./guardian.ts";
import { formatMemory, residentMemory } from "./memory.ts";
import { LATEST } from "./readiness.ts";
import type { WorkerStatus } from "./status.ts";
import { Worker, type WorkerOptions, type WorkerSockets } from "./worker.ts";

/** How a supervisor runs its workers. */
export interface SupervisorOptions extends WorkerOptions {
  /** The sockets of each worker; workers may share them. */
  readonly sockets: readonly WorkerSockets[];
  /** A worker that uses more bytes of memory than this is replaced; Infinity for no limit. */
  readonly maxMemory: number;
  /** Whether a command that cannot be run may still be built. */
  readonly staysForRestart: boolean;
  /** Ends the workers if this process cannot. */
  readonly guardian: Guardian;
}

/** How often to check memory, in milliseconds. */
const LOOK = 1000;

/** A worker's slot: its process is replaced, but the slot stays. */
interface Slot {
  readonly number: number;
  readonly sockets: WorkerSockets;
  readonly backOff: BackOff;
  worker: Worker | undefined;
  /** The worker that will replace the current one once it is ready. */
  next: Worker | undefined;
  /** Restarts the worker after a crash. */
  timer: Timer | undefined;
  starts: number;
  /**
   * How many milliseconds its next worker must serve before its memory is a reason to replace it.
   */
  memoryPause: number;
}

/** The maximum of `memoryPause`. */
const LONGEST_PAUSE = 600_000;

/** The exit statuses of a shell for a command that cannot be run. */
const CANNOT_RUN: readonly (number | null)[] = [126, 127];

/** Keeps a number of workers running. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #slots: readonly Slot[];
  /** All workers that have not ended, old and new. */
  readonly #started = new Set<Worker>();
  /** Old workers whose connections are ending. */
  readonly #ending = new Set<Promise<unknown>>();
  readonly #memoryTimer: Timer;
  #finish: (end: CommandEnd) => void = () => {};
  readonly #finished = new Promise<CommandEnd>((resolve) => {
    this.#finish = resolve;
  });
  #isRunning = false;
  #isStopping = false;
  /** Whether any worker has ever been ready, so the command can be run. */
  #hasServed = false;
  /** The last replacement; they happen one after the other. */
  #replacing: Promise<unknown> = Promise.resolve();
  /** A pending restart that has not begun. */
  #restart: Promise<void> | undefined;
  /** Gives up on the worker that is starting as a replacement. */
  #supersede = () => {};

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#slots = options.sockets.map((sockets, index) => ({
      number: index + 1,
      sockets,
      backOff: new BackOff(),
      worker: undefined,
      next: undefined,
      timer: undefined,
      starts: 0,
      memoryPause: 0,
    }));
    this.#memoryTimer = machineClock.setInterval(() => this.#checkMemory(), LOOK);
    this.#memoryTimer.unref();
  }

  /** Starts the workers; resolves once `stop()` has ended them, or the command cannot be run. */
  run(): Promise<CommandEnd> {
    this.#isRunning = true;
    // stop() may have been called while the caller was preparing.
    if (!this.#isStopping) for (const slot of this.#slots) void this.#startFirst(slot);
    return this.#finished;
  }

  onReport(report: WorkerReport): void {
    for (const worker of this.#started) if (worker.run === report.run) worker.onReport(report);
    this.#guard();
  }

  get hasServed(): boolean {
    return this.#hasServed;
  }

  status(): readonly WorkerStatus[] {
    return this.#slots.map(({ number, worker, starts }) => ({
      worker: number,
      pid: worker?.pid ?? null,
      state: worker?.state ?? "waiting",
      uptime: worker === undefined ? 0 : machineClock.now() - worker.startedAt,
      restarts: Math.max(0, starts - 1),
      memory: (worker?.pid === undefined ? undefined : residentMemory(worker.pid)) ?? null,
    }));
  }

  signal(name: NodeJS.Signals): void {
    for (const { worker } of this.#slots) worker?.signal(name);
  }

  /**
   * Replaces the workers one by one; each new one is ready before the old one stops accepting. If a
   * new one does not become ready, or ends while the next one starts, the old ones stay. A later
   * restart does not wait for a worker that is still starting, since it is already out of date.
   */
  restart(): Promise<void> {
    if (!this.#isRunning) return Promise.resolve();
    this.#supersede();
    this.#restart ??= this.#afterOthers(async () => {
      this.#restart = undefined;
      const renewed: Worker[] = [];
      const crashed = () => renewed.find(({ state }) => state === "ended");
      for (const slot of this.#slots) {
        const next = await this.#replace(slot, () => crashed() === undefined);
        if (next !== undefined) {
          renewed.push(next);
          continue;
        }
        if (this.#isStopping || this.#restart !== undefined) return;
        const { slot: number } = crashed() ?? {};
        const why =
          number === undefined ? `${slot.number} did not become ready` : `${number} ended after its restart`;
        this.#options.say(`Worker ${why}, so the restart is cancelled and the old workers stay.`);
        return;
      }
    });
    return this.#restart;
  }

  /** Ends all workers. */
  async stop(end: CommandEnd): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    machineClock.clearInterval(this.#memoryTimer);
    await Promise.all(
      this.#slots.map(async (slot) => {
        machineClock.clearTimeout(slot.timer);
        await Promise.all([slot.next?.end(), slot.worker?.end()]);
      }),
    );
    await Promise.all(this.#ending);
    this.#started.clear();
    this.#guard();
    this.#finish(end);
  }

  #afterOthers<Value>(call: () => Promise<Value>): Promise<Value> {
    const result = this.#replacing.then(call);
    this.#replacing = result.catch(() => {});
    return result;
  }

  async #startFirst(slot: Slot): Promise<void> {
    const worker = await this.#start(slot);
    if (worker === undefined) {
      if (!this.#isStopping) this.#startAgain(slot, 0);
      return;
    }
    slot.worker = worker;
    this.#watch(slot, worker);
    if (await worker.untilReady()) this.#hasServed = true;
    else if (worker.state === "starting")
      this.#options.say(
        `Worker ${slot.number} is not ready after ${LATEST / 1000} s; see --ready, which ` +
          `is ${this.#options.ready}.`,
      );
  }

  /** Returns undefined if the system has no process or descriptor left for it. */
  async #start(slot: Slot): Promise<Worker | undefined> {
    slot.starts += 1;
    const run = `${slot.number}.${slot.starts}`;
    let worker: Worker;
    try {
      worker = await Worker.start(slot.number, run, slot.sockets, this.#options);
    } catch (error) {
      this.#options.say(
        `Worker ${slot.number} cannot be started: ${error instanceof Error ? error.message : error}`,
      );
      return undefined;
    }
    this.#started.add(worker);
    this.#guard();
    // stop() may have been called meanwhile.
    if (this.#isStopping) this.#end(worker);
    return worker;
  }

  /**
   * Starts a new worker, and ends the old one once the new one is ready, if still wanted. Returns
   * the new one; undefined if the old one stays.
   */
  async #replace(slot: Slot, isWanted = () => true): Promise<Worker | undefined> {
    if (this.#isStopping) return undefined;
    const next = await this.#start(slot);
    if (next === undefined) {
      if (slot.worker === undefined && !this.#isStopping) this.#startAgain(slot, 0);
      return undefined;
    }
    slot.next = next;
    const superseded = new Promise<false>((resolve) => {
      this.#supersede = () => resolve(false);
    });
    // Another restart may have been requested while this worker was being started.
    if (this.#restart !== undefined) this.#supersede();
    const isReady = await Promise.race([next.untilReady(), superseded]);
    slot.next = undefined;
    if (this.#isStopping) {
      this.#end(next);
      return undefined;
    }
    const old = slot.worker;
    if (!isReady || (old !== undefined && !isWanted())) {
      this.#end(next);
      if (old === undefined) this.#startAgain(slot, 0);
      return undefined;
    }
    machineClock.clearTimeout(slot.timer);
    slot.worker = next;
    this.#hasServed = true;
    this.#watch(slot, next);
    if (old !== undefined) this.#end(old);
    return next;
  }

  /** Ends a worker while others continue to serve. */
  #end(worker: Worker): void {
    const ending = worker.end().finally(() => {
      this.#ending.delete(ending);
      this.#forget(worker);
    });
    this.#ending.add(ending);
  }

  #forget(worker: Worker): void {
    this.#started.delete(worker);
    this.#guard();
  }

  #guard(): void {
    this.#options.guardian.guard([...this.#started].flatMap(({ guarded }) => guarded ?? []));
  }

  /** Restarts a worker if it ends by itself. */
  #watch(slot: Slot, worker: Worker): void {
    void worker.ended.then((end) => {
      if (this.#isStopping || slot.worker !== worker) return;
      worker.killRest();
      this.#forget(worker);
      slot.worker = undefined;
      const mayServe = this.#hasServed || worker.served > 0 || this.#options.staysForRestart;
      if (!mayServe && CANNOT_RUN.includes(end.status)) {
        void this.stop(end);
        return;
      }
      const how = end.signal === null ? `with status ${end.status}` : `by ${end.signal}`;
      const pause = slot.next === undefined ? this.#startAgain(slot, worker.served) : 0;
      const when = pause === 0 ? "" : ` in ${pause / 1000} s`;
      this.#options.say(`Worker ${slot.number} ended ${how}, and will be restarted${when}.`);
    });
  }

  /** Schedules a restart, and returns the delay in milliseconds. */
  #startAgain(slot: Slot, served: number): number {
    const start = () => {
      slot.timer = undefined;
      if (this.#isStopping || slot.worker !== undefined || slot.next !== undefined) return;
      void this.#startFirst(slot);
    };
    const pause = slot.backOff.next(served);
    slot.timer = machineClock.setTimeout(start, pause);
    return pause;
  }

  #checkMemory(): void {
    const { maxMemory, say, grace } = this.#options;
    if (maxMemory === Number.POSITIVE_INFINITY) return;
    for (const slot of this.#slots) {
      const { worker } = slot;
      if (worker?.state !== "ready" || worker.pid === undefined || slot.next !== undefined) continue;
      const memory = residentMemory(worker.pid) ?? 0;
      if (memory <= maxMemory || this.#overweight.has(worker) || worker.served < slot.memoryPause) continue;
      // A worker that is too large from the start must not be replaced while its predecessors
      // drain.
      slot.memoryPause = Math.min(LONGEST_PAUSE, Math.max(grace, slot.memoryPause * 2));
      this.#overweight.add(worker);
      say(`Worker ${slot.number} uses ${formatMemory(memory)}: replacing it.`);
      void this.#afterOthers(async () => {
        if (slot.worker === worker) await this.#replace(slot);
        this.#overweight.delete(worker);
      });
    }
  }

  /** Workers to replace because of their memory. */
  readonly #overweight = new Set<Worker>();
}
