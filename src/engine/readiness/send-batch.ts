/** Sends on several sockets with one call. The bytes lie in buffers of its own. */
export interface SendBatch {
  /** Bytes that no one else uses; `index` is below SENDS. */
  buffer(index: number): Uint8Array<ArrayBuffer>;
  /** Adds a send of the first bytes of a buffer, each buffer at most once. */
  add(fd: number, buffer: number, length: number): void;
  /**
   * Makes the sends that were added. Returns how many of them, the first ones, were made and have a
   * result; for the others the caller makes calls of their own.
   */
  send(): number;
  /** What send(2) would have returned for the send that was added as the index-th. */
  result(index: number): number;
}

/** How many sends, and buffers, a batch has. */
export const SENDS = 64;
/** The size of each buffer. */
export const SEND_BUFFER = 16_384;

/** Opens a batch; undefined if the system has no such call, or refuses it. */
export type OpenSendBatch = () => SendBatch | undefined;
