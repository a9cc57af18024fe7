const ERASE_LINE = "\r\x1b[2K";

/** How often the line is drawn at most; a terminal is slower than a listener. */
const INTERVAL = 50;

/** The part of a terminal that the status line uses. */
export interface Terminal {
  write(text: string): void;
  readonly columns: number;
}

/** The last line of a terminal, written over in place; other lines scroll above it. */
export class StatusLine {
  readonly #terminal: Terminal;
  readonly #text: () => string;
  #timer: NodeJS.Timeout | undefined;

  constructor(terminal: Terminal, text: () => string) {
    this.#terminal = terminal;
    this.#text = text;
  }

  /** Writes a whole line above the status line. */
  print(line: string): void {
    this.#terminal.write(`${ERASE_LINE}${line}\n`);
    this.changed();
  }

  /** Has the line drawn anew, soon. */
  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      // A line that wraps could not be erased.
      this.#terminal.write(`${ERASE_LINE}${this.#text().slice(0, Math.max(0, this.#terminal.columns - 1))}`);
    }, INTERVAL).unref();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#terminal.write(ERASE_LINE);
  }
}
