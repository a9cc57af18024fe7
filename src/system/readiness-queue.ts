/**
 * Reports which of many descriptors are ready: epoll(7), kqueue(2). It is itself a descriptor,
 * readable while it has something to report. No call throws; each returns 0, or a negative errno.
 */
export interface ReadinessQueue {
  readonly fd: number;
  /** Whether a descriptor that has failed is always reported as EXCEPTIONAL. */
  readonly tellsFailures: boolean;
  /**
   * Starts watching a descriptor. `slot` and `generation`, integers below 2^32, identify it in the
   * results.
   */
  add(fd: number, interest: number, slot: number, generation: number): number;
  /**
   * Stops watching it. A descriptor that is closed need not be removed, unless another descriptor
   * refers to the same file.
   */
  remove(fd: number): number;
  /**
   * Collects ready descriptors without waiting, and returns how many there are, at most 256. The
   * system rotates, so the others come first next time. The results are read by index, until the
   * next call.
   */
  look(): number;
  slot(index: number): number;
  generation(index: number): number;
  /** Its ready events. */
  ready(index: number): number;
  close(): void;
}

// Events to watch for, and ready events, combined with |. A descriptor that failed or hung up is
// ready for both: the next call reports why.
export const READABLE = 1;
export const WRITABLE = 2;
/**
 * Interest: edge-triggered (EPOLLET, EV_CLEAR): reported when more arrives, not for as long as it
 * is ready.
 */
export const EDGE = 4;
/**
 * Ready: there is more than bytes, and a call that has received all bytes does not show it: an end,
 * a failure, urgent data.
 */
export const EXCEPTIONAL = 8;
