// The unix socket of a `berkeley hold --workers`: its workers report to it, and `--status` queries
// it.
import type { HandledConnection } from "../../net/connection/handled-connection.ts";
import { listen } from "../../net/listener/listen.ts";
import type { Server } from "../../net/listener/server.ts";
import { newControlPath, removeStale } from "./control-folder.ts";
import type { HoldStatus } from "./status.ts";

/** A report from a worker's process (node/held/channel.cts). */
export interface WorkerReport {
  /** Identifies the worker and its start. */
  readonly run: string;
  readonly pid: number;
  /** 0 is the main thread. */
  readonly thread: number;
  readonly event: "started" | "listening" | "ready" | "drained" | "gone";
  /** Tells the process to drain. */
  readonly drain: () => void;
}

/** A connection of a process that reports. */
interface Reporter {
  unfinished: string;
  /** Which process it is, once it has sent its first report. */
  process?: Pick<WorkerReport, "run" | "pid" | "thread">;
}

/** Asks for the status. */
export const ASK_STATUS = '{"ask":"status"}\n';

/** Listens for workers and for `--status`. */
export class ControlSocket {
  readonly path: string;
  readonly #server: Server;

  private constructor(path: string, server: Server) {
    this.path = path;
    this.#server = server;
  }

  static async open(
    onReport: (report: WorkerReport) => void,
    status: () => HoldStatus,
  ): Promise<ControlSocket> {
    const path = newControlPath();
    await removeStale();
    const server = await listen(
      { path },
      {
        open: (): Reporter => ({ unfinished: "" }),
        data(connection: HandledConnection<Reporter>, bytes) {
          const lines = (connection.state.unfinished + Buffer.from(bytes).toString()).split("\n");
          connection.state.unfinished = lines.pop() ?? "";
          for (const line of lines) received(connection, line, onReport, status);
        },
        // The worker was killed.
        error() {},
        close({ state }) {
          if (state.process !== undefined) onReport({ ...state.process, event: "gone", drain() {} });
        },
      },
    );
    return new ControlSocket(path, server.unref());
  }

  async close(): Promise<void> {
    await this.#server.close({ drain: 0 });
  }
}

function received(
  connection: HandledConnection<Reporter>,
  line: string,
  onReport: (report: WorkerReport) => void,
  status: () => HoldStatus,
): void {
  const message: unknown = parsed(line);
  if (typeof message !== "object" || message === null) return;
  if ("ask" in message) connection.end(`${JSON.stringify(status())}\n`);
  if (!("run" in message && "pid" in message && "event" in message)) return;
  const { run, pid, event } = message;
  if (typeof run !== "string" || typeof pid !== "number") return;
  if (event !== "started" && event !== "listening" && event !== "ready" && event !== "drained") return;
  const thread = "thread" in message && typeof message.thread === "number" ? message.thread : 0;
  connection.state.process = { run, pid, thread };
  onReport({ run, pid, thread, event, drain: () => void connection.write("drain\n") });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
