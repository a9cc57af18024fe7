import { machineClock, type Timer } from "../clock/clock.ts";
import { dropBetween, type QueueDrop, type QueueSample, sample } from "../diagnose/watch-queue.ts";
import type { BorrowedSocket } from "../posix/borrowed-socket.ts";

/** How often it looks, in milliseconds: a client tries again after a second. */
const INTERVAL = 250;

/**
 * Looks from time to time at what the kernel has dropped at listeners that have just been opened,
 * and once more at the end.
 */
export class DropWatch {
  readonly #tell: (drop: QueueDrop, total: number) => void;
  readonly #backlog: number;
  readonly #last: Map<BorrowedSocket, QueueSample>;
  readonly #timer: Timer;

  /**
   * Watches them; undefined where the system does not count drops, or not of such sockets, as of
   * unix ones.
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

  /** What was dropped since the sockets were opened: the kernel's count of each starts with it. */
  get total(): number {
    return [...this.#last.values()].reduce((sum, { drops }) => sum + drops, 0);
  }

  /** Looks a last time, and gives the total. */
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
