import assert from "node:assert/strict";
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { ListenEvent, ListeningEvent, SummaryEvent } from "../src/cli/report/event.ts";

/** The built command. */
export const berkeley = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** The environment of the tests, without variables that change the command's output. */
export const plainEnvironment: NodeJS.ProcessEnv = { ...process.env };
for (const name of ["NO_COLOR", "FORCE_COLOR", "CI", "NODE_OPTIONS"]) delete plainEnvironment[name];

/** The outcome of a command. */
export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command to its end. */
export function runBerkeley(words: string[], options: SpawnOptions = {}): Ended {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [berkeley, ...words], {
    env: plainEnvironment,
    ...options,
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status, signal, stdout, stderr };
}

/** A running `berkeley listen --json`, which ends with its test at the latest. */
export class Listening {
  readonly child: ChildProcess;
  readonly events: ListenEvent[] = [];
  readonly exited: Promise<Ended>;
  #stdout = "";
  #stderr = "";
  #parsed = 0;

  /** Starts it. `prefix` runs it through another program, such as prlimit. */
  static async start(context: TestContext, words: string[] = [], prefix: string[] = []): Promise<Listening> {
    const [program = process.execPath, ...rest] = [...prefix, process.execPath, berkeley, "listen", "--json"];
    const child = spawn(program, [...rest, ...words], { env: plainEnvironment });
    const listening = new Listening(child);
    context.after(() => child.kill("SIGKILL"));
    await listening.event("listening");
    return listening;
  }

  private constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#read(text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    this.exited = once(child, "close").then(([status, signal]) => {
      return { status, signal, stdout: this.#stdout, stderr: this.#stderr };
    });
  }

  /** The first event of a kind for which `matches` holds, past or future. */
  async event<Kind extends ListenEvent["event"]>(
    kind: Kind,
    matches: (event: Extract<ListenEvent, { event: Kind }>) => boolean = () => true,
  ): Promise<Extract<ListenEvent, { event: Kind }>> {
    const isWanted = (event: ListenEvent): event is Extract<ListenEvent, { event: Kind }> =>
      // The kind determines the type, which TypeScript does not see through a type parameter.
      event.event === kind && matches(event as Extract<ListenEvent, { event: Kind }>);
    for (;;) {
      const found = this.events.find(isWanted);
      if (found !== undefined) return found;
      const ended = await Promise.race([this.exited, once(this.child, "told").then(() => undefined)]);
      if (ended !== undefined && !this.events.some(isWanted)) {
        assert.fail(`it ended without the event ${kind}: ${ended.stderr}${ended.stdout}`);
      }
    }
  }

  get at(): ListeningEvent {
    const [first] = this.events;
    assert.ok(first?.event === "listening");
    return first;
  }

  /** The port, if it listens on an IP address. */
  get port(): number {
    assert.ok(this.at.port !== null);
    return this.at.port;
  }

  /** A connection to it. */
  async connect(allowHalfOpen = false): Promise<Socket> {
    const { address, port, path } = this.at;
    const socket =
      path === null
        ? createConnection({ host: address ?? "", port: port ?? 0, allowHalfOpen })
        : createConnection({ path: path.startsWith("@") ? `\0${path.slice(1)}` : path, allowHalfOpen });
    await once(socket, "connect");
    return socket;
  }

  /** Ends it with a signal, and returns its summary. */
  async stop(signal: NodeJS.Signals = "SIGINT"): Promise<SummaryEvent> {
    this.child.kill(signal);
    const ended = await this.exited;
    assert.deepEqual({ ...ended, stdout: "" }, { status: 0, signal: null, stderr: "", stdout: "" });
    return this.event("summary");
  }

  #read(text: string) {
    this.#stdout += text;
    const end = this.#stdout.lastIndexOf("\n") + 1;
    const lines = this.#stdout.slice(this.#parsed, end).split("\n");
    this.#parsed = end;
    for (const line of lines) if (line !== "") this.events.push(JSON.parse(line));
    this.child.emit("told");
  }
}

/** Everything that arrives until the peer ends. */
export async function readAll(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += chunk;
  return text;
}

/** This many bytes. */
export async function readBytes(socket: Socket, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let read = 0;
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.on("data", function take(chunk: Buffer) {
      chunks.push(chunk);
      read += chunk.byteLength;
      if (read < length) return;
      socket.removeListener("data", take);
      socket.removeListener("error", reject);
      resolve(Buffer.concat(chunks));
    });
  });
}
