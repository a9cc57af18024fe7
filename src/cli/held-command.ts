import { type ChildProcess, spawn } from "node:child_process";
import { fstatSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { machineClock } from "../clock/clock.ts";
import { signalFailure } from "../diagnose/messages.ts";
import { holdersOf, ownPid } from "../diagnose/process.ts";
import { RunningProcess } from "../diagnose/running-process.ts";
import type { BorrowedSocket } from "../posix/borrowed-socket.ts";
import { listen } from "../posix/listen.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { cannotExecute } from "./can-execute.ts";
import { type CommandEnd, cannotRun } from "./command-status.ts";

/** What is run, and how. */
export interface HeldCommandOptions {
  /** The command and its words. */
  readonly command: readonly [string, ...string[]];
  readonly sockets: readonly (Socket | BorrowedSocket)[];
  readonly backlog: number;
  /** Whether LISTEN_PID is set. */
  readonly pid: boolean;
  /** How many milliseconds the command may take to end after SIGTERM. */
  readonly grace: number;
  /** Whether it is started again after it has ended by itself, once it is asked for. */
  readonly staysForRestart: boolean;
  /** Told of what happens. */
  readonly say: (text: string) => void;
}

/**
 * A signal of these asks the command to end, and us with it; SIGHUP does so unless the command
 * takes it otherwise.
 */
const LAST: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT", "SIGTERM"];

/**
 * A command that has listening sockets of ours from descriptor 3 on, and is started again while
 * they stay open.
 */
export class HeldCommand {
  readonly #options: HeldCommandOptions;
  readonly #inodes: readonly number[];
  #finish: (end: CommandEnd) => void = () => {};
  #child: ChildProcess | undefined;
  #last: CommandEnd = { status: 0, signal: null };
  #isAskedToEnd = false;
  #restarting = false;
  #again = false;

  constructor(options: HeldCommandOptions) {
    this.#options = options;
    this.#inodes = options.sockets.map(({ fd }) => fstatSync(fd).ino);
  }

  /** Starts it, and gives how it ended once it is not started again any more. */
  run(): Promise<CommandEnd> {
    return new Promise((resolve) => {
      this.#finish = resolve;
      this.#start();
    });
  }

  /** Passes a signal on. */
  signal(name: NodeJS.Signals, isSentToBoth: boolean): void {
    if (LAST.includes(name)) this.#isAskedToEnd = true;
    const isIdle = this.#child === undefined && !this.#restarting;
    if (isIdle && (this.#isAskedToEnd || name === "SIGHUP")) this.#finish({ status: null, signal: name });
    else if (!isSentToBoth) this.#child?.kill(name);
  }

  /** Ends it and starts it again; what connects meanwhile waits in the queue. */
  async restart(): Promise<void> {
    if (this.#isAskedToEnd) return;
    // What changes while the old one ends may have been read by neither.
    this.#again = this.#restarting;
    if (this.#restarting) return;
    this.#restarting = true;
    const { sockets, backlog } = this.#options;
    // The command's own listen(2) has set the limit of the queue that they share; Node's asks for
    // 511.
    for (const socket of sockets) listen(socket, backlog);
    await this.#end();
    this.#restarting = false;
    if (this.#isAskedToEnd) this.#finish(this.#last);
    else this.#start();
    if (this.#again) await this.restart();
  }

  async #end(): Promise<void> {
    const { grace } = this.#options;
    const child = this.#child;
    if (child !== undefined) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      const timer = machineClock.setTimeout(() => {
        this.#options.say(`It did not end within ${grace / 1000} s of SIGTERM, and is killed.`);
        child.kill("SIGKILL");
      }, grace);
      await ended;
      machineClock.clearTimeout(timer);
    }
    await this.#endOthers();
  }

  /**
   * A shell that is ended leaves its children behind: whoever still has a socket would go on
   * accepting beside the new one.
   */
  async #endOthers(): Promise<void> {
    const { grace, say } = this.#options;
    const keys = this.#inodes.map((inode) => ({ inode }));
    const holders = holdersOf(keys);
    const others = new Map(keys.flatMap((key) => holders.of(key)).map((holder) => [holder.pid, holder]));
    // Without our number, one of them may be us.
    const own = ownPid();
    if (own !== undefined) others.delete(own);
    await Promise.all(
      [...others.values()].map(async (holder) => {
        const running = RunningProcess.open(holder);
        if (typeof running === "string") {
          if (running !== "ended")
            say(`${holder.name} (pid ${holder.pid}) still has the socket: it ${signalFailure(running)}`);
          return;
        }
        using one = running;
        one.signal("SIGTERM");
        if (await one.hasEndedWithin(grace)) return;
        one.signal("SIGKILL");
        await one.hasEndedWithin(1000);
      }),
    );
  }

  #start(): void {
    const { command, sockets, pid } = this.#options;
    // sh would complain itself, and write the name to the terminal as it is.
    const refusal = pid ? cannotExecute(command[0]) : undefined;
    if (refusal !== undefined) {
      machineClock.setImmediate(() => this.#ended({ status: cannotRun(command[0], refusal), signal: null }));
      return;
    }
    const [program, ...words] = pid ? withPid(command) : command;
    // The flag is the socket's, and not the descriptor's: what ran before may have set it.
    for (const { system, fd } of sockets) system.setNonblocking(fd, false);
    const child = spawn(program, words, {
      stdio: ["inherit", "inherit", "inherit", ...sockets.map(({ fd }) => fd)],
      env: environment(this.#inodes),
    });
    this.#child = child;
    child.once("exit", (status, signal) => this.#ended({ status, signal }));
    child.once("error", (error) => {
      // A signal that cannot be sent, as to a process that has changed its user, is an error too.
      if (child.pid === undefined) this.#ended({ status: cannotRun(command[0], error), signal: null });
    });
  }

  #ended(end: CommandEnd): void {
    this.#child = undefined;
    this.#last = end;
    if (this.#restarting) return;
    if (this.#isAskedToEnd) void this.#endOthers().then(() => this.#finish(end));
    else if (this.#options.staysForRestart && end.signal !== "SIGHUP") {
      const how = end.signal === null ? `with status ${end.status}` : `by ${end.signal}`;
      this.#options.say(`It ended ${how}; a change starts it again, and connections wait until then.`);
    } else this.#finish(end);
  }
}

/** sh alone knows its number before the command has it: exec keeps it. */
const SCRIPT = 'export LISTEN_PID=$$; exec "$@"';

const withPid = (command: readonly [string, ...string[]]): readonly [string, ...string[]] => [
  "/bin/sh",
  "-c",
  SCRIPT,
  "berkeley",
  ...command,
];

const passListeners = fileURLToPath(new URL("../native/pass-listeners.cjs", import.meta.url));

/** What the command finds; of ours, nothing of a service manager that has started us. */
function environment(inodes: readonly number[]): NodeJS.ProcessEnv {
  const { LISTEN_PID, LISTEN_PIDFDID, LISTEN_FDNAMES, NODE_OPTIONS, ...own } = process.env;
  // Blanks are allowed in quotes, in which a backslash escapes (ParseNodeOptionsEnvVar in
  // src/node_options.cc).
  const load = `--require "${passListeners.replaceAll(/["\\]/g, "\\$&")}"`;
  return {
    ...own,
    LISTEN_FDS: `${inodes.length}`,
    BERKELEY_HOLD: inodes.join(","),
    NODE_OPTIONS: NODE_OPTIONS ? `${NODE_OPTIONS} ${load}` : load,
  };
}
