import { delay } from "../clock/clock.ts";
import { machineClock } from "../clock/machine-clock.ts";
import type { ProcessHandle, ProcessRefusal } from "../system/host-tables.ts";
import { hostTables } from "../system/this-host.ts";
import { type Holder, readProcess } from "./process.ts";

/** The polling interval while a process ends, in milliseconds. */
const LOOK = 10;

export type { ProcessRefusal };

/**
 * A handle to a process. Unlike a pid, it never comes to mean another process. On Linux it is a
 * pidfd (pidfd_open(2)), on Windows a handle.
 */
export class RunningProcess {
  readonly holder: Holder;
  readonly #handle: ProcessHandle;
  #closed = false;

  /** Opens the process that was found as a holder, not another one that has its pid by now. */
  static open(holder: Holder): RunningProcess | ProcessRefusal {
    const handle = hostTables.processes.openProcess(holder.pid);
    if (typeof handle === "string") return handle;
    // Read after opening the handle, so that a change of the process behind the pid is noticed.
    const now = readProcess(holder.pid)?.startTicks;
    if (now !== undefined && now === holder.startTicks) return new RunningProcess(holder, handle);
    handle.close();
    return "ended";
  }

  private constructor(holder: Holder, handle: ProcessHandle) {
    this.holder = holder;
    this.#handle = handle;
  }

  /** Sends a signal; on Windows, terminates the process. */
  signal(name: "SIGTERM" | "SIGKILL"): "sent" | ProcessRefusal {
    return this.#handle.signal(name);
  }

  get ended(): boolean {
    return this.#handle.ended;
  }

  /** Waits for its end, at most this many milliseconds. Returns whether it has ended. */
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
