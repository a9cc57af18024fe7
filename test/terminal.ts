import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { plainEnvironment } from "./command.ts";

/** The owner of a terminal, which ends it or says why there is none: a test. */
interface Ends {
  after(end: () => void): unknown;
  skip(reason: string): unknown;
}

/** A terminal in tmux. */
export class Terminal {
  readonly #name: string;

  /** Opens one that runs the command; undefined, with the test skipped, if there is no tmux. */
  static open(context: Ends, command: string, columns = 100): Terminal | undefined {
    const name = `berkeley-test-${randomUUID()}`;
    const terminal = new Terminal(name);
    const session = ["-f", "/dev/null", "new-session", "-d", "-x", `${columns}`, "-y", "20", command];
    const started = terminal.#tmux(session);
    if (started.status !== 0) {
      context.skip(`cannot start tmux: ${started.error?.message ?? started.stderr}`);
      return undefined;
    }
    context.after(() => terminal.#tmux(["kill-server"]));
    return terminal;
  }

  private constructor(name: string) {
    this.#name = name;
  }

  /** The screen, once it shows `what`; with escape codes for colours. */
  async shows(what: RegExp): Promise<string> {
    for (let left = 400; ; left--) {
      const { stdout } = this.#tmux(["capture-pane", "-e", "-p"]);
      if (what.test(stdout)) return stdout;
      if (left === 0) assert.fail(`the screen does not show ${what}:\n${stdout}`);
      await setTimeout(25);
    }
  }

  resize(columns: number) {
    this.#tmux(["resize-window", "-x", `${columns}`]);
  }

  press(key: string) {
    this.#tmux(["send-keys", key]);
  }

  #tmux(words: string[]) {
    return spawnSync("tmux", ["-L", this.#name, ...words], { encoding: "utf8", env: plainEnvironment });
  }
}

/** Without the colours. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape code begins with one.
export const plain = (screen: string) => screen.replaceAll(/\x1b\[[\d;]*m/g, "");
