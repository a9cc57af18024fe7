import { lengthOf } from "../../system/view.ts";

/** A chunk that a Writable passes to `_writev()`. */
export interface Chunk {
  readonly chunk: string | Uint8Array;
  readonly encoding: BufferEncoding;
}

/** Writes bytes, which may be changed once it returns. */
interface Writer {
  write(bytes: Uint8Array): void;
}

/** The engine copies what it is given, so text and small chunks are gathered here. */
const buffer = Buffer.allocUnsafeSlow(65_536);

/** Writes chunks in their order, with as few calls as they fit into the buffer. */
export function writeChunks(writer: Writer, chunks: readonly Chunk[]): void {
  let at = 0;
  for (const { chunk, encoding } of chunks) {
    // Safety: the true length, or what earlier writes left in the buffer would be sent.
    const most = typeof chunk === "string" ? chunk.length * 3 : lengthOf(chunk);
    if (most > buffer.length - at) {
      if (at > 0) writer.write(buffer.subarray(0, at));
      at = 0;
    }
    if (most > buffer.length) {
      writer.write(typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk);
    } else if (typeof chunk === "string") {
      at += buffer.write(chunk, at, encoding);
    } else {
      buffer.set(chunk, at);
      at += most;
    }
  }
  if (at > 0) writer.write(buffer.subarray(0, at));
}

/**
 * Encodes a text that is written before anything else is.
 *
 * @param most the most bytes that the text can take
 */
export function encoded(text: string, encoding: BufferEncoding, most: number): Uint8Array {
  if (most > buffer.length) return Buffer.from(text, encoding);
  return buffer.subarray(0, buffer.write(text, encoding));
}
