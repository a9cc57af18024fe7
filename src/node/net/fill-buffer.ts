import { lengthOf } from "../../system/view.ts";
import type { OnRead } from "./internals.ts";

/** What receives the bytes. */
interface Receiver {
  readonly reading: boolean;
  readStop(): void;
}

/**
 * Gives bytes to the buffer of the `onread` option, piece by piece.
 *
 * @returns a copy of those left over when its callback stopped reading
 */
export function fillBuffer(
  receiver: Receiver,
  socket: { readonly destroyed: boolean },
  onRead: OnRead,
  bytes: Uint8Array,
): Uint8Array | undefined {
  let rest = bytes;
  while (lengthOf(rest) > 0) {
    const { buffer } = onRead;
    const count = Math.min(lengthOf(buffer), lengthOf(rest));
    buffer.set(rest.subarray(0, count));
    rest = rest.subarray(count);
    const goesOn = onRead.callback.call(socket, count, buffer) !== false;
    const next = onRead.nextBuffer?.();
    if (next instanceof Uint8Array) onRead.buffer = next;
    if (socket.destroyed) return undefined;
    if (!goesOn) receiver.readStop();
    if (!receiver.reading) return lengthOf(rest) > 0 ? Buffer.from(rest) : undefined;
  }
  return undefined;
}
