import type { ReadinessQueue } from "../../system/readiness-queue.ts";
import type { System } from "../../system/system.ts";
import type { Scheduled } from "../clock/virtual-clock.ts";

/**
 * A simulated host as the package sees it, which runs programs on it. `SimulatedHost`
 * (host/simulated-host.ts) implements it.
 */
export interface ProgramHost {
  readonly name: string;
  /**
   * The calls of the host's present boot, and its clock (`system.clock`). A crash ends a boot:
   * every call of its System fails with EBADF from then on, and `restart()` brings another System.
   * Code that was running keeps the old one.
   */
  readonly system: System;
  /** Whether the host has crashed and was not restarted yet. */
  readonly crashed: boolean;
  /** Whether its program is stopped. Its kernel continues: it acknowledges, and its queues fill. */
  readonly paused: boolean;

  /**
   * Opens a readiness queue of the present boot. It is a descriptor, which poll() and other queues
   * can watch. `ready` is called from the program queue (`ProgramQueue`), never during a call, once
   * the queue has something to report: after it was empty, or after look() left something over. It
   * is not called while the host is paused, and never again after a crash.
   */
  openReadinessQueue(ready: () => void): ReadinessQueue | number;

  /**
   * The addresses of a name, in the order that a resolver gives: names of the network's hosts,
   * "localhost", and numeric addresses. Empty if the name is unknown.
   */
  lookup(name: string, family: 0 | 4 | 6): readonly HostAddress[];

  /**
   * Simulates a power failure: sockets vanish without a packet, timers stop, the program never runs
   * again.
   */
  crash(): void;
  /** Boots a crashed host: a new System, with no sockets. */
  restart(): void;
  pause(): void;
  resume(): void;
  /** Registers a callback for the end of the present boot. Returns a function that removes it. */
  onCrash(call: () => void): () => void;
}

export interface HostAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/**
 * The queue of programs' callbacks: timers, immediates, readiness. Kernel events (packets, TCP's
 * timers) are on the `VirtualClock` instead, so that a blocking call can advance the network
 * without running JavaScript of any host. The simulation's loop runs an item only when no kernel
 * event is due before it.
 */
export interface ProgramQueue {
  /** When the next item is due; Infinity if there is none, or those of paused hosts only. */
  readonly nextAt: number;
  /** Adds an item at a moment, in nanoseconds. It waits while `host` is paused. */
  add(item: Scheduled, at: number, host?: ProgramHost): void;
  cancel(item: Scheduled): void;
  /** A host resumes: its delayed items are due now. */
  resumed(host: ProgramHost): void;
}
