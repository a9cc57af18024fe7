/**
 * Tells which of many descriptors are ready: epoll(7), kqueue(2). It is a descriptor itself,
 * readable while it has something to tell. No call throws; each returns 0, or a negative errno.
 */
export interface ReadinessQueue {
  readonly fd: number;
  /**
   * Has a descriptor watched. `slot` and `generation`, whole numbers below 2^32, name it in what is
   * found.
   */
  add(fd: number, interest: number, slot: number, generation: number): number;
  /**
   * Has it watched no more. A descriptor that is closed need not be removed, if no other descriptor
   * is of the same file.
   */
  remove(fd: number): number;
  /**
   * Looks what is ready, and does not wait: how many, at most 256. The system takes turns, so that
   * the others come first the next time. What was found is asked for by index, until the next look.
   */
  look(): number;
  slot(index: number): number;
  generation(index: number): number;
  /** What it is ready for. */
  ready(index: number): number;
  close(): void;
}

// What to watch for, and what is ready, combined with |. One that has failed or hung up is ready
// for both: the next call tells.
export const READABLE = 1;
export const WRITABLE = 2;
/**
 * Interest: told only when more came than was there at the last time (EPOLLET, EV_CLEAR), not for
 * as long as it is ready.
 */
export const EDGE = 4;
/**
 * Ready: beside bytes there is something else to find, which a call that has received all bytes
 * does not show: an end, a failure, urgent data.
 */
export const EXCEPTIONAL = 8;
