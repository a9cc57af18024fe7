// `berkeley hold --workers` of an unchanged program.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import { berkeley, plainEnvironment, runBerkeley } from "./command.ts";
import { HeldProcess } from "./held-process.ts";

const execute = promisify(execFile);

/** A server as anyone writes it, which ends by SIGTERM at once; it answers with its process id. */
export const server = `
const held = [];
require("node:http").createServer((request, response) => {
  if (request.url === "/grow") held.push(Buffer.alloc(300 << 20, 1));
  // Half of the answers take a moment.
  if (Math.random() < 0.5) response.end(String(process.pid));
  else setTimeout(() => response.end(String(process.pid)), 5);
}).listen(process.env.PORT, () => console.log("serves as " + process.env.BERKELEY_WORKER));
`;

/** A port that nothing uses at the moment. */
export function freePort(): number {
  const { stderr } = runBerkeley(["hold", "0", "--", "true"]);
  return Number(/127\.0\.0\.1:(\d+)/.exec(stderr)?.[1]);
}

export interface WorkerShown {
  readonly pid: number;
  readonly restarts: number;
  readonly state: string;
}

/** A `hold --workers` of a program in its own folder. */
export class HeldWorkers {
  readonly port = freePort();
  readonly process: HeldProcess;
  readonly file: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(
    context: TestContext,
    program: string,
    words: readonly string[],
    extra: NodeJS.ProcessEnv = {},
    command: readonly string[] = [process.execPath, "server.cjs"],
  ) {
    const cwd = mkdtempSync(join(tmpdir(), "workers "));
    this.file = join(cwd, "server.cjs");
    writeFileSync(this.file, program);
    this.#env = { ...plainEnvironment, PORT: String(this.port), XDG_RUNTIME_DIR: cwd, ...extra };
    const all = [String(this.port), ...words, "--", ...command];
    this.process = new HeldProcess(context, all, { cwd, env: this.#env });
    context.after(() => rmSync(cwd, { recursive: true, force: true }));
  }

  /** None as long as hold itself starts. */
  async workers(): Promise<WorkerShown[]> {
    const words = ["-c", `"$@" || true`, "sh", process.execPath, berkeley];
    const status = ["hold", "--status", "--json", String(this.port)];
    const { stdout } = await execute("sh", [...words, ...status], { env: this.#env });
    return JSON.parse(stdout).flatMap(({ workers }: { workers: WorkerShown[] }) => workers);
  }

  /** Waits until each worker is ready and was started this often again. */
  async untilRestarted(times: number): Promise<void> {
    for (;;) {
      const workers = await this.workers();
      const isDone = workers.every(({ state, restarts }) => state === "ready" && restarts >= times);
      if (isDone && workers.length > 0) return;
    }
  }

  /** Waits until processes have ended that were asked to. */
  static async ended(pids: readonly number[]): Promise<void> {
    for (const pid of pids) while (isRunning(pid)) await new Promise((resolve) => setImmediate(resolve));
  }

  async stop(): Promise<void> {
    const pids = (await this.workers()).map(({ pid }) => pid);
    this.process.child.kill("SIGTERM");
    assert.deepEqual(await this.process.ended, [0, null]);
    for (const pid of pids) assert.ok(!isRunning(pid), `${pid} runs`);
  }
}

/** A GET; the body, or the code of the error. */
export function ask(port: number, agent: http.Agent | false, path = "/"): Promise<string> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) => resolve(`${error.code}`);
    const request = http.get({ host: "127.0.0.1", port, path, agent }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text) => {
        body += text;
      });
      response.once("end", () => resolve(body)).once("error", failed);
    });
    request.once("error", failed);
  });
}

/** Not a zombie. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
