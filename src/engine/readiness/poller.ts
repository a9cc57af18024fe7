/**
 * Reports to the reactor which descriptors are ready: once when data arrives, and again when more
 * arrives after a call would have blocked. May report events that were not requested.
 */
export interface Poller {
  /** Whether a descriptor is watched in both directions from `add()` on, until it is closed. */
  readonly watchesUntilClosed: boolean;
  /** Whether a descriptor that has failed is always reported as EXCEPTIONAL. */
  readonly tellsFailures: boolean;
  /**
   * Starts watching a descriptor, identified by a slot and a generation. Returns 0 or a negative
   * errno.
   */
  add(fd: number, slot: number, generation: number): number;
  /** Stops watching a descriptor that stays open. */
  remove(fd: number, slot: number): void;
  /** Stops watching a descriptor that is about to be closed. */
  closing(fd: number, slot: number): void;
  /**
   * Requests a report of `interest` (READABLE or WRITABLE). Call this when nothing was tried yet, a
   * call would have blocked, or a call moved fewer bytes than it could have. The descriptor must be
   * watched. May be called again.
   */
  await(slot: number, interest: number): void;
  /** Collects the ready descriptors and returns their number; read them by index. */
  look(): number;
  slot(index: number): number;
  generation(index: number): number;
  /** A mask of READABLE, WRITABLE and EXCEPTIONAL. */
  ready(index: number): number;
  /** Keeps the process running, which is the default. */
  ref(): void;
  unref(): void;
  close(): void;
}

/**
 * Starts polling: `awake` is called from the event loop while there is something to collect, and
 * must not throw. Returns a negative errno on failure.
 */
export type OpenPoller = (awake: () => void) => Poller | number;
