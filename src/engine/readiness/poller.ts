/**
 * What tells the reactor which descriptors are ready. It tells once for all that came, and again
 * when more has come after a call on the descriptor would have blocked. It may tell what nobody
 * waits for.
 */
export interface Poller {
  /**
   * Has a descriptor watched, under the name of a slot and a generation. 0, or a negative errno.
   */
  add(fd: number, slot: number, generation: number): number;
  /** It is not closed, but must not be watched any more. */
  remove(fd: number, slot: number): void;
  /** It is about to be closed. */
  closing(fd: number, slot: number): void;
  /**
   * `interest`, READABLE or WRITABLE, is to be told: nothing was tried yet, a call would have
   * blocked, or took less than there was room for. It must be watched; may be repeated.
   */
  await(slot: number, interest: number): void;
  /** Looks what is ready: how many there are to be asked for by index. */
  look(): number;
  slot(index: number): number;
  generation(index: number): number;
  /** READABLE, WRITABLE, EXCEPTIONAL. */
  ready(index: number): number;
  /** Holds the process, as at the start. */
  ref(): void;
  unref(): void;
  close(): void;
}

/**
 * Begins to watch: `awake` is called from the event loop while there is something to look at; it
 * throws nothing. A negative errno if that failed.
 */
export type OpenPoller = (awake: () => void) => Poller | number;
