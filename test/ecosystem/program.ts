import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { folder, onBerkeley, preload, testedNode } from "./column.ts";

/** How a program is started. */
export interface ProgramStart {
  readonly environment?: Record<string, string>;
  /** Always on stock Node, as the other side of a program that is tested. */
  readonly stock?: boolean;
  /** The engine of berkeley's that must have run; the one of BERKELEY_ENGINE by default. */
  readonly engine?: string;
  /** RLIMIT_NOFILE. */
  readonly descriptors?: number;
}

/** One of programs/, running in its own process. */
export class Program {
  readonly name: string;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #ended: Promise<unknown>;
  readonly #witnessed: boolean;
  readonly #engine: string | undefined;
  #text = "";
  #status: string | undefined;

  constructor(name: string, { environment = {}, stock = false, engine, descriptors }: ProgramStart = {}) {
    this.name = name;
    this.#engine = engine ?? process.env.BERKELEY_ENGINE;
    this.#witnessed = onBerkeley && !stock;
    const options = stock ? [] : preload;
    const words = [stock ? process.execPath : testedNode, ...options, join(folder, name)];
    const limit =
      descriptors === undefined ? [] : ["sh", "-c", `ulimit -n ${descriptors} && exec "$@"`, "sh"];
    const [command = "", ...args] = [...limit, ...words];
    this.#child = spawn(command, args, {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#text += text;
        this.#child.emit("printed");
      });
    this.#ended = once(this.#child, "close").then(([status, signal]) => {
      this.#status = String(signal ?? status);
    });
  }

  /** Waits until it has printed this. */
  async prints(what: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = what.exec(this.#text);
      if (found !== null) return found;
      if (this.#status !== undefined)
        assert.fail(`${this.name} ended (${this.#status}) without ${what}:\n${this.#text}`);
      await Promise.race([this.#ended, once(this.#child, "printed")]);
    }
  }

  /** The port that a server listens on. */
  async port(): Promise<number> {
    return Number((await this.prints(/^listening on (\d+)$/m))[1]);
  }

  /** Waits until it has exited successfully, after printing "done". */
  async finishes(): Promise<void> {
    const timer = setTimeout(() => this.#child.kill("SIGABRT"), 120_000);
    await this.#ended;
    clearTimeout(timer);
    assert.equal(this.#status, "0", `${this.name}: ${this.#text}`);
    assert.match(this.#text, /^done$/m);
    this.#checkWitness();
  }

  /** Ends a server; fails if it had ended before. */
  async stop(): Promise<void> {
    assert.equal(this.#status, undefined, `${this.name} ended early: ${this.#text}`);
    this.#child.kill("SIGTERM");
    await this.#ended;
    this.#checkWitness();
  }

  /** The end of a test that may have failed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#status === undefined) this.#child.kill("SIGKILL");
    await this.#ended;
  }

  /** programs/witness.mjs reports the engine of berkeley that ran. */
  #checkWitness(): void {
    if (!this.#witnessed) return;
    const [, engine] = /^berkeley's engine: (\w+)$/m.exec(this.#text) ?? [];
    assert.equal(engine, this.#engine, `${this.name} did not run on berkeley: ${this.#text}`);
  }
}
