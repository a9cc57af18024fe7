import { defined } from "../invariant.ts";

/** A browser has no Buffer. Only node:net writes strings, and a browser lacks that too. */
const write = globalThis.Buffer?.prototype.write;

/**
 * Encodes a string into memory at an offset; returns the number of bytes written. Programs can
 * replace functions that `write()` calls, so its result is bounded.
 */
export function writeText(
  memory: Buffer,
  offset: number,
  most: number,
  text: string,
  encoding: BufferEncoding,
): number {
  const written: number = defined(write, "strings are only written on Node").call(
    memory,
    text,
    offset,
    most,
    encoding,
  );
  return written > 0 && written <= most ? written : 0;
}
