import { type ChildProcess, spawn } from "node:child_process";
import { machineClock } from "../clock/machine-clock.ts";
import { signalFailure } from "../diagnose/messages.ts";
import { holdersOf, ownPid } from "../diagnose/process.ts";
import { RunningProcess } from "../diagnose/running-process.ts";
import type { BorrowedSocket } from "../posix/borrowed-socket.ts";
import { listen } from "../posix/listen.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { cannotExecute } from "./can-execute.ts";
import { type CommandEnd, cannotRun } from "./command-status.ts";
import { PATIENCE } from "./how-to-take.ts";
import { withPid } from "./listen-pid.ts";
import { noteChild } from "./own-children.ts";
import { PassedSockets } from "./passed-sockets.ts";

/** What to run, and how. */
export interface HeldCommandOptions {
  /** The command and its arguments. */
  readonly command: readonly [string, ...string[]];
  readonly sockets: readonly (Socket | BorrowedSocket)[];
  readonly backlog: number;
  /** Whether to set LISTEN_PID. */
  readonly pid: boolean;
  /** How many milliseconds the command may take to exit after SIGTERM. */
  readonly grace: number;
  /** Whether to wait for a restart after the command has exited by itself. */
  readonly staysForRestart: boolean;
  /** Returns the message for when nobody has used a socket. */
  readonly notTaken: (when: string) => string;
  /** Reports to the user. */
  readonly say: (text: string) => void;
}

/**
 * These signals ask the command, and us, to exit. SIGHUP does too, unless the command handles it.
 */
const LAST: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT", "SIGTERM"];

/** A command that inherits our listening sockets as descriptors 3 and up, across restarts. */
export class HeldCommand {
  readonly #options: HeldCommandOptions;
  readonly #passed: PassedSockets;
  #finish: (end: CommandEnd) => void = () => {};
  #child: ChildProcess | undefined;
  #last: CommandEnd = { status: 0, signal: null };
  #isAskedToEnd = false;
  #restarting = false;
  #again = false;
  #hasSaid = false;

  constructor(options: HeldCommandOptions) {
    this.#options = options;
    this.#passed = new PassedSockets(options.sockets);
  }

  /** Starts the command. Resolves, once it will not be restarted any more, with how it ended. */
  async run(): Promise<CommandEnd> {
    // A signal may have asked us to end while the caller was preparing.
    if (this.#isAskedToEnd) return this.#last;
    // Even if a bug ends this process: otherwise the command would keep the port.
    const end = () => this.#child?.kill("SIGTERM");
    process.once("exit", end);
    const ended = await new Promise<CommandEnd>((resolve) => {
      this.#finish = resolve;
      this.#start();
    });
    process.off("exit", end);
    this.#passed.acceptors.stop();
    return ended;
  }

  /** Passes a signal on. */
  signal(name: NodeJS.Signals, isSentToBoth: boolean): void {
    if (LAST.includes(name)) this.#isAskedToEnd = true;
    const isIdle = this.#child === undefined && !this.#restarting;
    if (isIdle && (this.#isAskedToEnd || name === "SIGHUP")) {
      this.#isAskedToEnd = true;
      this.#last = { status: null, signal: name };
      this.#finish(this.#last);
    }
    if (!isIdle && !isSentToBoth) this.#child?.kill(name);
  }

  /** Ends and restarts the command. Meanwhile, new connections wait in the queue. */
  async restart(): Promise<void> {
    if (this.#isAskedToEnd) return;
    // If a file changes while the old process is exiting, maybe neither process has seen that.
    this.#again = this.#restarting;
    if (this.#restarting) return;
    this.#restarting = true;
    const { sockets, backlog } = this.#options;
    // The command's own listen(2) has set the backlog of the shared socket; Node asks for 511.
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
        this.#options.say(`The command did not end within ${grace / 1000} s of SIGTERM; killing it.`);
        child.kill("SIGKILL");
      }, grace);
      await ended;
      machineClock.clearTimeout(timer);
    }
    await this.#endOthers();
  }

  /**
   * Ends the processes that still have a socket, such as children of a shell that has exited. They
   * would continue to accept connections alongside the new process.
   */
  async #endOthers(): Promise<void> {
    const { grace, say } = this.#options;
    const keys = this.#passed.inodes.map((inode) => ({ inode }));
    const holders = holdersOf(keys);
    const others = new Map(keys.flatMap((key) => holders.of(key)).map((holder) => [holder.pid, holder]));
    // This process also holds them.
    const own = ownPid();
    if (own !== undefined) others.delete(own);
    await Promise.all(
      [...others.values()].map(async (holder) => {
        const running = RunningProcess.open(holder);
        if (typeof running === "string") {
          if (running !== "ended")
            say(`${holder.name} (pid ${holder.pid}) still has the socket open: it ${signalFailure(running)}`);
          return;
        }
        using one = running;
        one.signal("SIGTERM");
        if (await one.hasEndedWithin(grace)) return;
        one.signal("SIGKILL");
        await one.hasEndedWithin(1000);
      }),
    );
    if (others.size > 0) this.#passed.acceptors.processEnded();
  }

  #start(): void {
    const { command, sockets, pid } = this.#options;
    // sh would print its own message, with the name unescaped.
    const refusal = pid ? cannotExecute(command[0]) : undefined;
    if (refusal !== undefined) {
      machineClock.setImmediate(() => this.#ended({ status: cannotRun(command[0], refusal), signal: null }));
      return;
    }
    const [program, ...words] = pid ? withPid(command) : command;
    this.#passed.prepare();
    const child = spawn(program, words, {
      stdio: ["inherit", "inherit", "inherit", ...sockets.map(({ fd }) => fd)],
      env: this.#passed.environment(process.env),
    });
    this.#child = child;
    noteChild(child);
    this.#watchUntilTaken(child);
    child.once("exit", (status, signal) => this.#ended({ status, signal }));
    child.once("error", (error) => {
      // A signal that cannot be sent (the process may have changed its user) also emits an error.
      if (child.pid === undefined) this.#ended({ status: cannotRun(command[0], error), signal: null });
    });
  }

  /** Reports once if the command runs but uses none of the sockets. */
  #watchUntilTaken(child: ChildProcess): void {
    const timer = machineClock.setTimeout(() => {
      this.#sayIfNotTaken(`After ${PATIENCE / 1000} s the command`);
    }, PATIENCE);
    timer.unref();
    child.once("exit", () => machineClock.clearTimeout(timer));
  }

  #sayIfNotTaken(when: string): void {
    if (this.#hasSaid || this.#passed.areTaken !== false) return;
    this.#hasSaid = true;
    this.#options.say(this.#options.notTaken(when));
  }

  #ended(end: CommandEnd): void {
    this.#child = undefined;
    this.#passed.acceptors.processEnded();
    // The command may have tried to bind the address itself.
    if (end.status === 1 && !this.#isAskedToEnd) this.#sayIfNotTaken("The command ended with status 1, and");
    this.#last = end;
    if (this.#restarting) return;
    if (this.#isAskedToEnd) void this.#endOthers().then(() => this.#finish(end));
    else if (this.#options.staysForRestart && end.signal !== "SIGHUP") {
      const how = end.signal === null ? `with status ${end.status}` : `by ${end.signal}`;
      this.#options.say(`The command ended ${how}. Connections wait until a change restarts it.`);
    } else this.#finish(end);
  }
}
