/** Sends on several sockets with one call, from its own buffers. */
export interface SendBatch {
  /** A buffer to fill with bytes to send; `index` is below SENDS. */
  buffer(index: number): Uint8Array<ArrayBuffer>;
  /** Adds a send of a buffer's first bytes. Each buffer can be added once per batch. */
  add(fd: number, buffer: number, length: number): void;
  /**
   * Performs the added sends, and returns how many, from the first on, have a result. The caller
   * must make separate calls for the others.
   */
  send(): number;
  /** The result of the send at this index, as send(2) would have returned it. */
  result(index: number): number;
}

/** The number of sends, and of buffers, in a batch. */
export const SENDS = 64;
/** The size of each buffer. */
export const SEND_BUFFER = 16_384;

/** Opens a batch; undefined if the system lacks the call or refuses it. */
export type OpenSendBatch = () => SendBatch | undefined;
