import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import { berkeley, plainEnvironment } from "./command.ts";
import { except } from "./platform.ts";

/** Where it runs. */
export interface HeldOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Starts it in place of Node. */
  readonly launcher?: readonly [string, ...string[]];
}

/** Why `berkeley hold` is not tested on a system. */
export const withoutInheritance = {
  windows: "it refuses there: Windows passes no descriptors on by their numbers",
} as const;

/** Skips a test where `berkeley hold` cannot hand descriptors to its command. */
export const inherited = except(withoutInheritance);

/** A running `berkeley hold`, which ends with its test at the latest. */
export class HeldProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<unknown[]>;
  #text = "";

  static start(context: TestContext, words: readonly string[]): HeldProcess {
    return new HeldProcess(context, words);
  }

  constructor(context: TestContext, words: readonly string[], options: HeldOptions = {}) {
    const { launcher, ...others } = options;
    const [program, ...args] = launcher ?? [process.execPath, berkeley, "hold", ...words];
    this.child = spawn(program, args, { env: plainEnvironment, ...others });
    this.ended = once(this.child, "close");
    context.after(async () => {
      this.child.kill("SIGTERM");
      await this.ended;
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#text += text;
        this.child.emit("told");
      });
    }
  }

  /**
   * Waits until it, or its command, has printed this for the `count`th time, and returns the last
   * match.
   */
  async says(what: RegExp, count = 1): Promise<RegExpExecArray> {
    for (let ended = false; ; ) {
      const found = [...this.#text.matchAll(new RegExp(what, "g"))];
      const last = found[count - 1];
      if (last !== undefined) return last;
      if (ended) assert.fail(`it ended with ${found.length} of ${count} ${what}: ${this.#text}`);
      ended = await Promise.race([this.ended.then(() => true), once(this.child, "told").then(() => false)]);
    }
  }

  /** How often it, or its command, has printed this. */
  said(what: RegExp): number {
    return [...this.#text.matchAll(new RegExp(what, "g"))].length;
  }

  async port(): Promise<number> {
    const [, port] = await this.says(/Holding \S+:(\d+)/);
    return Number(port);
  }
}
