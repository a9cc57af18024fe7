/** From the start of the line to the end of the screen: control sequence ED of ECMA-48. */
const ERASE_BELOW = "\r\x1b[J";

/** How often the line is drawn at most; a terminal is slower than a listener. */
const INTERVAL = 50;

/** The part of a terminal that the status line uses. */
export interface Terminal {
  write(text: string): void;
  readonly columns: number;
  /** Calls `listener` whenever `columns` has changed, until what it returns is called. */
  onResize(listener: () => void): () => void;
}

/** The last line of a terminal, written over in place; other lines scroll above it. */
export class StatusLine {
  readonly #terminal: Terminal;
  readonly #text: () => string;
  readonly #forgetTerminal: () => void;
  #timer: NodeJS.Timeout | undefined;
  /** How many columns the line that stands there took when it was drawn. */
  #drawn = 0;

  constructor(terminal: Terminal, text: () => string) {
    this.#terminal = terminal;
    this.#text = text;
    this.#forgetTerminal = terminal.onResize(() => this.changed());
  }

  /** Writes a whole line above the status line. */
  print(line: string): void {
    this.#terminal.write(`${this.#erase()}${line}\n`);
    this.changed();
  }

  /** Has the line drawn anew, soon. */
  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const erase = this.#erase();
      // One column stays free: in the last one, terminals differ in where the cursor is.
      const text = this.#text().slice(0, Math.max(0, this.#terminal.columns - 1));
      this.#drawn = text.length;
      this.#terminal.write(`${erase}${text}`);
    }, INTERVAL).unref();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#forgetTerminal();
    this.#terminal.write(this.#erase());
  }

  /** What erases the line. A terminal that has become narrower since has wrapped it: it begins some rows above. */
  #erase(): string {
    const rows = Math.ceil(this.#drawn / Math.max(1, this.#terminal.columns));
    this.#drawn = 0;
    return rows > 1 ? `\x1b[${rows - 1}A${ERASE_BELOW}` : ERASE_BELOW;
  }
}
