import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { delay } from "../../clock/clock.ts";
import { machineClock } from "../../clock/machine-clock.ts";
import type { HandledDatagramSocket } from "../../net/udp/handled-datagram-socket.ts";
import { udp } from "../../net/udp/udp.ts";
import type { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import type { Socket } from "../../posix/owned-socket.ts";
import { type CommandEnd, cannotRun } from "../command-status.ts";
import { withPid } from "../listen-pid.ts";
import { noteChild } from "../own-children.ts";
import type { PassedSockets } from "../passed-sockets.ts";
import type { WaitingAcceptors } from "../waiting-acceptors.ts";
import type { WorkerReport } from "./control-socket.ts";
import type { GuardedGroup } from "./guardian.ts";
import type { PrefixedOutput } from "./prefixed-output.ts";
import { ProcessGroup } from "./process-group.ts";
import { LATEST, type Readiness, saysReady, UNREPORTED } from "./readiness.ts";
import type { WorkerState } from "./status.ts";

/** The command that a worker runs, and how. */
export interface WorkerOptions {
  readonly command: readonly [string, ...string[]];
  /** Whether to set LISTEN_PID. */
  readonly pid: boolean;
  readonly ready: Readiness;
  /** How many milliseconds it may take to end. */
  readonly grace: number;
  /** The socket that its processes report to. */
  readonly controlPath: string;
  /** Where its output goes. */
  readonly stdout: PrefixedOutput;
  readonly stderr: PrefixedOutput;
  /** Reports to the user. */
  readonly say: (text: string) => void;
}

/** The sockets of a worker. */
export interface WorkerSockets {
  readonly sockets: readonly (Socket | BorrowedSocket)[];
  readonly passed: PassedSockets;
}

/** The share of the grace period in which connections may end by themselves, before SIGTERM. */
export const DRAINING = 0.8;

/** How often to check whether a process group is empty, in milliseconds. */
const LOOK = 20;

/** How many milliseconds the last output may take to arrive after a worker has ended. */
const LAST_WORDS = 500;

/** One worker of `hold --workers`: a process and its children, in a process group of their own. */
export class Worker {
  readonly slot: number;
  /** Identifies the worker and its start in the reports of its processes. */
  readonly run: string;
  readonly startedAt = machineClock.now();
  readonly #options: WorkerOptions;
  readonly #child: ChildProcess;
  readonly #acceptors: WaitingAcceptors;
  readonly #outputs: { readonly from: Readable; readonly hasEnded: () => void }[] = [];
  /** Undefined if the command could not be run. */
  readonly #group: ProcessGroup | undefined;
  readonly #ended: Promise<CommandEnd>;
  readonly #becomesReady: Promise<void>;
  #setReady = () => {};
  #setDrained = () => {};
  #state: WorkerState = "starting";
  #readyAt: number | undefined;
  #isNode = false;
  /** The processes and threads that listen, and how to make them drain. */
  readonly #listening = new Map<string, Pick<WorkerReport, "pid" | "drain">>();
  #notify: HandledDatagramSocket | undefined;

  static async start(
    slot: number,
    run: string,
    sockets: WorkerSockets,
    options: WorkerOptions,
  ): Promise<Worker> {
    let worker: Worker | undefined;
    let early = false;
    const notifyPath = `${options.controlPath}.${run}`;
    const notify =
      options.ready === "notify"
        ? await udp(
            { path: notifyPath },
            {
              message(_socket, datagram) {
                if (!saysReady(datagram)) return;
                early = true;
                worker?.onReady();
              },
            },
          )
        : undefined;
    worker = new Worker(slot, run, sockets, options, notify && notifyPath);
    worker.#notify = notify;
    if (early) worker.onReady();
    return worker;
  }

  private constructor(
    slot: number,
    run: string,
    { sockets, passed }: WorkerSockets,
    options: WorkerOptions,
    notifyPath: string | undefined,
  ) {
    this.slot = slot;
    this.run = run;
    this.#options = options;
    this.#acceptors = passed.acceptors;
    const { command, pid, ready, controlPath } = options;
    const [program, ...words] = pid ? withPid(command) : command;
    const ipc = ready === "message" ? (["ipc"] as const) : [];
    const child = spawn(program, words, {
      // Ctrl-C must not reach it before it has drained, and none of its processes may remain.
      detached: true,
      stdio: ["ignore", "pipe", "pipe", ...sockets.map(({ fd }) => fd), ...ipc],
      env: {
        ...passed.environment(process.env),
        BERKELEY_WORKER: `${slot}`,
        BERKELEY_WORKER_RUN: run,
        BERKELEY_HOLD_CHANNEL: controlPath,
        BERKELEY_READY: ready,
        NOTIFY_SOCKET: notifyPath,
      },
    });
    this.#child = child;
    noteChild(child);
    this.#group = child.pid === undefined ? undefined : new ProcessGroup(child.pid);
    // If no descriptors were left for the pipes, they are undefined.
    for (const [from, to] of [
      [child.stdout, options.stdout],
      [child.stderr, options.stderr],
    ] as const)
      if (from) this.#outputs.push({ from, hasEnded: to.copy(from, `[${slot}] `) });
    this.#becomesReady = new Promise((resolve) => {
      this.#setReady = resolve;
    });
    if (ready === "message")
      child.on("message", (message) => {
        if (message === "ready") this.onReady();
      });
    this.#ended = new Promise((resolve) => {
      const end = (ended: CommandEnd) => {
        this.#state = "ended";
        this.#acceptors.processEnded();
        void this.#notify?.close();
        resolve(ended);
      };
      child.once("exit", (status, signal) => end({ status, signal }));
      child.once("error", (error) => {
        if (child.pid === undefined) end({ status: cannotRun(command[0], error), signal: null });
      });
    });
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** The process that listens, or else the command's own. */
  get pid(): number | undefined {
    const [listening] = this.#listening.values();
    return listening?.pid ?? this.#child.pid;
  }

  /** How it ended. */
  get ended(): Promise<CommandEnd> {
    return this.#ended;
  }

  /** How many milliseconds it has been ready; 0 if it never was. */
  get served(): number {
    return this.#readyAt === undefined ? 0 : machineClock.now() - this.#readyAt;
  }

  /** Its process group; undefined if the command could not be run. */
  get guarded(): GuardedGroup | undefined {
    return this.#group && { id: this.#group.id, drains: this.#listening.size > 0 };
  }

  onReady(): void {
    if (this.#state !== "starting") return;
    this.#state = "ready";
    this.#readyAt = machineClock.now();
    this.#setReady();
  }

  onReport({ pid, thread, event, drain }: WorkerReport): void {
    this.#isNode = true;
    if (event === "gone") this.#acceptors.processEnded();
    const key = `${pid} ${thread}`;
    if (event === "listening") {
      this.#listening.set(key, { pid, drain });
      if (this.#options.ready === "listening") this.onReady();
    } else if (event === "ready") {
      if (this.#options.ready === "message") this.onReady();
    } else if (event !== "started" && this.#listening.delete(key) && this.#listening.size === 0) {
      this.#setDrained();
    }
  }

  /** Resolves with true once it is ready; with false if it ends first or takes too long. */
  async untilReady(): Promise<boolean> {
    if (this.#options.ready === "listening") {
      const timer = machineClock.setTimeout(() => {
        if (!this.#isNode) this.onReady();
      }, UNREPORTED);
      void this.#ended.then(() => machineClock.clearTimeout(timer));
    }
    const late = new AbortController();
    const isLate = delay(machineClock, LATEST, late.signal).catch(() => {});
    await Promise.race([this.#becomesReady, this.#ended, isLate]);
    late.abort();
    return this.#state === "ready";
  }

  signal(name: NodeJS.Signals): void {
    this.#group?.signal(name);
  }

  /** Kills leftover processes after it has ended, such as a server whose npm was killed. */
  killRest(): void {
    this.signal("SIGKILL");
    this.#leaveOutput();
  }

  /** Lets its connections end, then ends its processes; kills the rest after the grace period. */
  async end(): Promise<CommandEnd> {
    const { grace, say } = this.#options;
    if (this.#state !== "ended") this.#state = "draining";
    const deadline = machineClock.now() + grace;
    // Even if not ready yet, it accepts from the queue as soon as it listens.
    if (this.#listening.size > 0) await this.#drain(grace * DRAINING);
    this.signal("SIGTERM");
    if (!(await this.#hasEnded(deadline))) {
      say(`Worker ${this.slot} did not end within ${grace / 1000} s; killing it.`);
      this.signal("SIGKILL");
    }
    const ended = await this.#ended;
    // This also covers child processes that do not report.
    this.#acceptors.processEnded();
    this.#leaveOutput();
    return ended;
  }

  /** A process that left the group may have inherited the pipes; hold need not wait for it. */
  #leaveOutput(): void {
    for (const { from, hasEnded } of this.#outputs) {
      hasEnded();
      if (from.readableEnded) continue;
      const timer = machineClock.setTimeout(() => from.destroy(), LAST_WORDS);
      from.once("close", () => machineClock.clearTimeout(timer));
    }
  }

  async #drain(longest: number): Promise<void> {
    const drained = new Promise<void>((resolve) => {
      this.#setDrained = resolve;
    });
    const over = new AbortController();
    const isOver = delay(machineClock, longest, over.signal).catch(() => {});
    for (const { drain } of this.#listening.values()) drain();
    await Promise.race([drained, this.#ended, isOver]);
    over.abort();
  }

  /** Whether all its processes have ended by the deadline. */
  async #hasEnded(deadline: number): Promise<boolean> {
    while (this.#group?.isRunning) {
      if (machineClock.now() >= deadline) return false;
      await delay(machineClock, LOOK);
    }
    return true;
  }
}
