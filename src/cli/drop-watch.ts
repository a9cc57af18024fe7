import type { Timer } from "../clock/clock.ts";
import { machineClock } from "../clock/machine-clock.ts";
import { dropBetween, type QueueDrop, type QueueSample, sample } from "../diagnose/watch-queue.ts";
import type { BorrowedSocket } from "../posix/borrowed-socket.ts";

/** The polling interval, in milliseconds; a client retries after a second. */
const INTERVAL = 250;

/**
 * Polls how many connections the kernel has dropped at new listeners, and polls once more at the
 * end.
 */
export class DropWatch {
  readonly #tell: (drop: QueueDrop, total: number) => void;
  readonly #backlog: number;
  readonly #last: Map<BorrowedSocket, QueueSample>;
  readonly #timer: Timer;

  /**
   * Starts watching; undefined if the system does not count drops, or not for these sockets.
   */
  static of(
    sockets: readonly BorrowedSocket[],
    backlog: number,
    tell: (drop: QueueDrop, total: number) => void,
  ): DropWatch | undefined {
    const samples = sockets.map((socket) => [socket, sample(socket)] as const);
    const known = samples.flatMap(([socket, seen]) => (seen === undefined ? [] : [[socket, seen] as const]));
    return known.length === 0 || known.length < samples.length
      ? undefined
      : new DropWatch(new Map(known), backlog, tell);
  }

  private constructor(
    last: Map<BorrowedSocket, QueueSample>,
    backlog: number,
    tell: (drop: QueueDrop, total: number) => void,
  ) {
    this.#last = last;
    this.#backlog = backlog;
    this.#tell = tell;
    this.#timer = machineClock.setInterval(() => this.#look(), INTERVAL).unref();
  }

  /** The connections dropped since the sockets were opened. */
  get total(): number {
    return [...this.#last.values()].reduce((sum, { drops }) => sum + drops, 0);
  }

  /** Polls a last time, and returns the total. */
  end(): number {
    machineClock.clearInterval(this.#timer);
    this.#look();
    return this.total;
  }

  #look() {
    for (const [socket, before] of this.#last) {
      const now = sample(socket);
      if (now === undefined) continue;
      this.#last.set(socket, now);
      const drop = dropBetween(before, now, this.#backlog);
      if (drop !== undefined) this.#tell(drop, this.total);
    }
  }
}
