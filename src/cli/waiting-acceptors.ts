import type { Timer } from "../clock/clock.ts";
import { machineClock } from "../clock/machine-clock.ts";
import { wakeAcceptors } from "../engine/wake-acceptors.ts";
import type { BorrowedSocket } from "../posix/borrowed-socket.ts";
import type { Socket } from "../posix/owned-socket.ts";

/**
 * When to check the queues after a process has ended, in milliseconds after the previous check. The
 * kernel tears down the process's ring some time later (io_ring_exit_work in io_uring/io_uring.c).
 */
const LOOKS: readonly number[] = [0, 10, 30, 100, 300, 1000];

/**
 * The processes that wait to accept from sockets. A process that ends may have been woken for a
 * connection that it did not accept; the others then keep sleeping (docs/decisions/015).
 */
export class WaitingAcceptors {
  readonly #sockets: readonly (Socket | BorrowedSocket)[];
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(sockets: readonly (Socket | BorrowedSocket)[]) {
    this.#sockets = sockets;
  }

  /**
   * Wakes the others if a connection is waiting: now, and several times in the next two seconds.
   */
  processEnded(): void {
    machineClock.clearTimeout(this.#timer);
    if (!this.#isStopped) this.#look(LOOKS);
  }

  /** Call this before closing the sockets, since other files may reuse their numbers. */
  stop(): void {
    this.#isStopped = true;
    machineClock.clearTimeout(this.#timer);
  }

  #look([pause, ...others]: readonly number[]): void {
    if (pause === undefined) return;
    const look = () => {
      for (const { system, fd } of this.#sockets) wakeAcceptors(system, fd);
      this.#look(others);
    };
    this.#timer = machineClock.setTimeout(look, pause);
    this.#timer.unref();
  }
}
