import { clearScreenDown, cursorTo, emitKeypressEvents } from "node:readline";
import type { TerminalText } from "./terminal-text.ts";

// DEC private modes: 1049 is the alternate screen, 25 the cursor, 7 line wrapping. On a narrow
// terminal, wrapped lines would push the first ones off the screen, so lines are cut instead.
const OPEN = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const CLOSE = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/** Redraws a full screen in place, as top(1) does, and restores the previous one at the end. */
export class LiveScreen {
  readonly #content: (rows: number) => TerminalText;
  readonly #draw = () => this.draw();

  /** @param content returns the text to show, given the number of rows */
  constructor(content: (rows: number) => TerminalText) {
    this.#content = content;
    const { stdin, stdout } = process;
    stdout.write(OPEN);
    // Restores the terminal however the process ends.
    process.on("exit", restore);
    stdout.on("resize", this.#draw);
    emitKeypressEvents(stdin);
    stdin.setRawMode(true);
    this.draw();
  }

  /** Draws the lines that fit. */
  draw(): void {
    const { stdout } = process;
    const lines = this.#content(stdout.rows).raw.split("\n").slice(0, stdout.rows);
    stdout.cork();
    cursorTo(stdout, 0, 0);
    // Each line erases the rest of the previous one.
    stdout.write(lines.map((line) => `${line}\x1b[K`).join("\n"));
    clearScreenDown(stdout);
    stdout.uncork();
  }

  /** Waits until Ctrl-C or a key for which `isLast` returns true is pressed. */
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
