import type { Readable, Writable } from "node:stream";

/** Lines longer than this many characters are written in pieces, each with a prefix. */
const LONGEST = 64 << 10;

/**
 * Copies a worker's output with a prefix before each line. A line is written in one piece, so that
 * lines of several workers do not mix. An unfinished line is written when the worker ends, or once
 * it is long.
 */
export function copyPrefixed(from: Readable, to: Writable, prefix: string): void {
  let unfinished = "";
  from.setEncoding("utf8");
  from.on("data", (text: string) => {
    const lines = (unfinished + text).split("\n");
    unfinished = lines.pop() ?? "";
    if (unfinished.length >= LONGEST) {
      lines.push(unfinished);
      unfinished = "";
    }
    if (lines.length > 0) to.write(lines.map((line) => `${prefix}${line}\n`).join(""));
  });
  from.once("end", () => {
    if (unfinished !== "") to.write(`${prefix}${unfinished}\n`);
  });
}
