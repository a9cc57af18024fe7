import { clearScreenDown, cursorTo, emitKeypressEvents } from "node:readline";
import type { TerminalText } from "./terminal-text.ts";

// DEC's private modes of a terminal: 1049 is a screen of its own, which leaves the one before as it
// was; 25 is the cursor.
const OPEN = "\x1b[?1049h\x1b[?25l";
const CLOSE = "\x1b[?25h\x1b[?1049l";

/**
 * A screen that is drawn anew in place, as top(1) does, and what was there before comes back at the
 * end.
 */
export class LiveScreen {
  readonly #content: (rows: number) => TerminalText;
  readonly #draw = () => this.draw();

  /** `content` is told how many rows there are. */
  constructor(content: (rows: number) => TerminalText) {
    this.#content = content;
    const { stdin, stdout } = process;
    stdout.write(OPEN);
    // However the process ends, the terminal is given back.
    process.on("exit", restore);
    stdout.on("resize", this.#draw);
    emitKeypressEvents(stdin);
    stdin.setRawMode(true);
    this.draw();
  }

  /** Draws it, as far as there is room. */
  draw(): void {
    const { stdout } = process;
    const lines = this.#content(stdout.rows).raw.split("\n").slice(0, stdout.rows);
    stdout.cork();
    cursorTo(stdout, 0, 0);
    // Each line erases what is left of the one before it.
    stdout.write(lines.map((line) => `${line}\x1b[K`).join("\n"));
    clearScreenDown(stdout);
    stdout.uncork();
  }

  /** Waits until `isLast` says so of a key, or Ctrl-C is pressed. */
  untilKey(isLast: (name: string) => boolean): Promise<void> {
    return new Promise((resolve) => {
      process.stdin.on("keypress", function pressed(_text: string, key: { name?: string; ctrl?: boolean }) {
        const { name = "", ctrl = false } = key;
        if (!(ctrl && name === "c") && !isLast(name)) return;
        process.stdin.off("keypress", pressed);
        resolve();
      });
    });
  }

  [Symbol.dispose](): void {
    process.stdout.off("resize", this.#draw);
    process.stdin.setRawMode(false);
    process.stdin.pause();
    process.off("exit", restore);
    process.stdout.write(CLOSE);
  }
}

function restore(): void {
  process.stdout.write(CLOSE);
}
