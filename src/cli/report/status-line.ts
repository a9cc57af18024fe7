import type { Timer } from "../../clock/clock.ts";
import { machineClock } from "../../clock/machine-clock.ts";
import type { Output } from "../output.ts";
import { TerminalText, text } from "../terminal-text.ts";

/** From the start of the line to the end of the screen: control sequence ED of ECMA-48. */
const ERASE_BELOW = "\r\x1b[J";

/** The minimum time between redraws, in milliseconds; a terminal is slower than a listener. */
const INTERVAL = 50;

/** The part of a terminal that the status line uses. */
type Terminal = Pick<Output, "write" | "columns" | "onResize">;

/** The last line of a terminal, redrawn in place; other lines scroll above it. */
export class StatusLine {
  readonly #terminal: Terminal;
  readonly #text: () => string;
  readonly #forgetTerminal: () => void;
  #timer: Timer | undefined;
  /** The width of the current line, in columns, when it was drawn. */
  #drawn = 0;

  constructor(terminal: Terminal, text: () => string) {
    this.#terminal = terminal;
    this.#text = text;
    this.#forgetTerminal = terminal.onResize(() => this.changed());
  }

  /** Writes a whole line above the status line. */
  print(line: TerminalText): void {
    this.#terminal.write(text`${this.#erase()}${line}\n`);
    this.changed();
  }

  /** Schedules a redraw. */
  changed(): void {
    this.#timer ??= machineClock
      .setTimeout(() => {
        this.#timer = undefined;
        const erase = this.#erase();
        // Leave the last column free: terminals differ in where the cursor is after it.
        const line = this.#text().slice(0, Math.max(0, this.#columns - 1));
        this.#drawn = line.length;
        this.#terminal.write(text`${erase}${line}`);
      }, INTERVAL)
      .unref();
  }

  get #columns(): number {
    return this.#terminal.columns ?? Number.POSITIVE_INFINITY;
  }

  end(): void {
    machineClock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#forgetTerminal();
    this.#terminal.write(this.#erase());
  }

  /** Erases the line. If the terminal has become narrower, the line starts some rows above. */
  #erase(): TerminalText {
    const rows = Math.ceil(this.#drawn / Math.max(1, this.#columns));
    this.#drawn = 0;
    return TerminalText.trust(rows > 1 ? `\x1b[${rows - 1}A${ERASE_BELOW}` : ERASE_BELOW);
  }
}
