import { defined } from "../invariant.ts";

/** A browser has no Buffer, nor node:net, which alone writes strings. */
const write = globalThis.Buffer?.prototype.write;

/**
 * Encodes a string into memory at an offset; returns how many bytes it took. Programs can replace
 * what `write()` calls, so what it returns is bounded.
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
