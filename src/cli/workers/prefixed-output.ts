import type { Readable, Writable } from "node:stream";

/** A line of at least this many bytes is written in pieces, each with a prefix. */
const LONGEST = 64 << 10;

const NEWLINE = 0x0a;

/** Output of several workers, with a prefix before each line. */
export class PrefixedOutput {
  readonly #to: Writable;
  /** Streams that wait until the reader of our output has caught up. */
  readonly #waiting = new Set<Readable>();
  #hasReader = true;

  constructor(to: Writable) {
    this.#to = to;
    to.on("drain", () => this.#resume());
    to.on("error", (error: NodeJS.ErrnoException) => {
      // A worker must neither block nor end because nobody reads its output any more.
      if (error.code === "EPIPE") this.#hasReader = false;
      this.#resume();
    });
  }

  /**
   * Copies a worker's output. A line is written in one piece, so that lines of several workers do
   * not mix. An unfinished line is written when the worker ends, or once it is long. A worker waits
   * for a slow reader, as it would if it wrote to the reader itself.
   *
   * @returns a function to call when the worker has ended: the rest, at most what the pipe holds,
   * is then written without waiting for a slow reader
   */
  copy(from: Readable, prefix: string): () => void {
    const lines = new PrefixedLines(prefix);
    let hasEnded = false;
    from.on("data", (bytes: Buffer) => {
      const text = lines.add(bytes);
      if (text.length === 0 || !this.#hasReader || this.#to.write(text) || hasEnded) return;
      // After an error there is nothing to wait for.
      if (!this.#to.writableNeedDrain) return;
      this.#waiting.add(from.pause());
    });
    from.once("end", () => {
      const text = lines.end();
      if (text.length > 0 && this.#hasReader) this.#to.write(text);
    });
    from.once("close", () => this.#waiting.delete(from));
    return () => {
      hasEnded = true;
      if (this.#waiting.delete(from)) from.resume();
    };
  }

  #resume(): void {
    for (const from of this.#waiting) from.resume();
    this.#waiting.clear();
  }
}

/** The lines of one worker, as bytes: they may be in any encoding. */
class PrefixedLines {
  readonly #prefix: Buffer;
  #unfinished: Buffer[] = [];
  #length = 0;
  /** Whether a piece of the line has been written. */
  #isContinued = false;

  constructor(prefix: string) {
    this.#prefix = Buffer.from(prefix);
  }

  /** Returns what can be written now. */
  add(bytes: Buffer): Buffer {
    const written: Buffer[] = [];
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, start);
      if (end === -1) break;
      this.#append(bytes.subarray(start, end));
      this.#finish(written);
      start = end + 1;
    }
    this.#append(bytes.subarray(start));
    if (this.#length >= LONGEST) this.#cut(written);
    return Buffer.concat(written);
  }

  /** Returns the last line, if it was not finished. */
  end(): Buffer {
    const written: Buffer[] = [];
    if (this.#length > 0) this.#finish(written);
    return Buffer.concat(written);
  }

  #append(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#unfinished.push(bytes);
    this.#length += bytes.length;
  }

  #finish(written: Buffer[]): void {
    // Otherwise only the newline of a line written in pieces was left.
    if (this.#length > 0 || !this.#isContinued)
      written.push(this.#prefix, ...this.#unfinished, Buffer.of(NEWLINE));
    this.#unfinished = [];
    this.#length = 0;
    this.#isContinued = false;
  }

  /** Writes a piece of the line, of whole characters. */
  #cut(written: Buffer[]): void {
    const piece = Buffer.concat(this.#unfinished);
    const end = piece.length - unfinishedCharacter(piece);
    written.push(this.#prefix, piece.subarray(0, end), Buffer.of(NEWLINE));
    // Copied, since a view would keep the whole piece alive.
    this.#unfinished = end === piece.length ? [] : [Buffer.from(piece.subarray(end))];
    this.#length = piece.length - end;
    this.#isContinued = true;
  }
}

/** How many bytes at the end are the beginning of a character in UTF-8 (RFC 3629, section 3). */
function unfinishedCharacter(bytes: Buffer): number {
  for (let back = 1; back <= 3; back++) {
    const byte = bytes.at(-back) ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}
