import assert from "node:assert/strict";
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Address, UnixAddress } from "../src/address/address.ts";

/** A socket for another process to hold. */
export interface HeldByChild {
  readonly address:
    | { readonly family: "ipv4" | "ipv6"; readonly address: string; readonly port: number }
    | (UnixAddress & { readonly path: string });
  readonly datagram?: boolean;
  readonly v6only?: boolean;
  readonly reusePort?: boolean;
  /** Listens with this backlog; only binds if omitted. */
  readonly backlog?: number;
}

/** Instructions for another process. */
export interface HoldRequest {
  readonly sockets: readonly HeldByChild[];
  /** Drop root's rights first. */
  readonly unprivileged?: boolean;
  /** Ignore SIGTERM. */
  readonly stubborn?: boolean;
}

/** How to start it. */
export interface HoldOptions {
  readonly under?: readonly string[];
  readonly stdio?: StdioOptions;
  readonly cwd?: string;
}

const program = fileURLToPath(new URL("./holder.child.js", import.meta.url));

/** A process that holds sockets; it ends with its test at the latest. */
export class Holding {
  readonly child: ChildProcess;
  /** The addresses of its sockets, in the order requested. */
  readonly addresses: readonly Address[];
  readonly #closed: Promise<unknown>;

  static async start(
    context: { after(end: () => Promise<void>): unknown },
    request: HoldRequest,
    options: HoldOptions = {},
  ): Promise<Holding> {
    if (process.platform === "win32") return Holding.#startOnWindows(context, request, options);
    const { under = [], stdio = ["pipe", "pipe", "inherit"], cwd } = options;
    const [command = "", ...rest] = [...under, process.execPath, program, JSON.stringify(request)];
    const child = spawn(command, rest, { stdio, cwd });
    const closed = once(child, "close");
    context.after(() => kill(child, closed));
    assert.ok(child.stdout !== null);
    const [line] = await Promise.race([once(child.stdout.setEncoding("utf8"), "data"), ended(closed)]);
    return new Holding(child, closed, JSON.parse(line));
  }

  /** Under Wine, Node ends immediately if its output is a pipe, so there it goes to a file. */
  static async #startOnWindows(
    context: { after(end: () => Promise<void>): unknown },
    request: HoldRequest,
    { cwd }: HoldOptions,
  ): Promise<Holding> {
    const folder = mkdtempSync(join(tmpdir(), "berkeley-"));
    const file = join(folder, "output");
    const output = openSync(file, "w");
    const stdio: StdioOptions = ["pipe", output, output];
    const child = spawn(process.execPath, [program, JSON.stringify(request)], { stdio, cwd });
    closeSync(output);
    const closed = once(child, "close");
    context.after(async () => {
      await kill(child, closed);
      rmSync(folder, { recursive: true });
    });
    for (let said = ""; ; said = readFileSync(file, "utf8")) {
      if (said.endsWith("\n")) return new Holding(child, closed, JSON.parse(said));
      assert.equal(child.exitCode, null, `it ended before it held anything: ${said}`);
      await setTimeout(5);
    }
  }

  private constructor(child: ChildProcess, closed: Promise<unknown>, addresses: readonly Address[]) {
    this.child = child;
    this.#closed = closed;
    this.addresses = addresses;
  }

  get pid(): number {
    assert.ok(this.child.pid !== undefined);
    return this.child.pid;
  }

  /** The address of its only socket, or of its first. */
  get address(): Address {
    const [first] = this.addresses;
    assert.ok(first !== undefined);
    return first;
  }

  /** Ends it, and waits until it has ended. */
  stop(): Promise<void> {
    return kill(this.child, this.#closed);
  }
}

async function kill(child: ChildProcess, closed: Promise<unknown>): Promise<void> {
  child.kill("SIGKILL");
  child.stdout?.destroy();
  await closed;
}

async function ended(closed: Promise<unknown[]>): Promise<never> {
  const [status] = await closed;
  assert.fail(`it ended with status ${status} before it held anything`);
}
