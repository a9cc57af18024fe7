import { delay, machineClock } from "../clock/clock.ts";
import type { ProcessHandle, ProcessRefusal } from "../system/host-tables.ts";
import { hostTables } from "../system/this-host.ts";
import { type Holder, readProcess } from "./process.ts";

/** How often an ending process is looked at, in milliseconds. */
const LOOK = 10;

export type { ProcessRefusal };

/**
 * A process that goes on meaning the same one: a number is another's once its process has ended,
 * what this holds never is. On Linux that is a pidfd (pidfd_open(2)), on Windows a handle.
 */
export class RunningProcess {
  readonly holder: Holder;
  readonly #handle: ProcessHandle;
  #closed = false;

  /** The process that was told of as a holder, and no other that has its number by now. */
  static open(holder: Holder): RunningProcess | ProcessRefusal {
    const handle = hostTables.processes.openProcess(holder.pid);
    if (typeof handle === "string") return handle;
    // Read once the handle is there: the number cannot pass to another process unnoticed any more.
    const now = readProcess(holder.pid)?.startTicks;
    if (now !== undefined && now === holder.startTicks) return new RunningProcess(holder, handle);
    handle.close();
    return "ended";
  }

  private constructor(holder: Holder, handle: ProcessHandle) {
    this.holder = holder;
    this.#handle = handle;
  }

  /** Sends it a signal; on Windows, it is ended at once. */
  signal(name: "SIGTERM" | "SIGKILL"): "sent" | ProcessRefusal {
    return this.#handle.signal(name);
  }

  get ended(): boolean {
    return this.#handle.ended;
  }

  /** Waits until it has ended, for so many milliseconds; whether it has. */
  async hasEndedWithin(milliseconds: number): Promise<boolean> {
    const until = machineClock.now() + milliseconds;
    while (!this.ended) {
      if (machineClock.now() >= until) return false;
      await delay(machineClock, LOOK);
    }
    return true;
  }

  [Symbol.dispose](): void {
    if (!this.#closed) this.#handle.close();
    this.#closed = true;
  }
}
