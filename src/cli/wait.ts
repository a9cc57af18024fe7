import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Command } from "commander";
import { type ListenerEndpoint, waitForListener } from "../diagnose/wait-for-listener.ts";
import { collect, endpointsAndCommand } from "./asked-address.ts";
import { type CommandEnd, cannotRun, statusOf } from "./command-status.ts";
import { complain } from "./complain.ts";
import { parseEndpoint, parseUnixPath } from "./endpoint.ts";
import { UsageError } from "./usage-error.ts";

interface WaitOptions {
  readonly unix?: readonly string[];
  readonly timeout?: number;
}

const DONE = 0;
const NOT_IN_TIME = 1;

/**
 * Adds the `wait` command, which waits for a listener, then runs a command; `exit` gets its status.
 */
export function addWait(program: Command, exit: (status: number) => void): void {
  program
    .command("wait")
    .description("wait until something listens, then run a command")
    .usage("[options] [[host:]port...] [-- command...]")
    .argument(
      "[[host:]port...]",
      "the ports that must all be listened on; without a host, on 127.0.0.1 or ::1. " +
        "After --, the command to run",
    )
    .option(
      "--unix <path>",
      "wait for a unix path; @name is in the abstract namespace; may be repeated",
      collect,
    )
    .option("--timeout <seconds>", "give up after this many seconds", parseSeconds)
    .addHelpText(
      "after",
      `
Detects listeners on this machine without connecting to them.
Exit status: that of the command, or 0 without one; 1 if the timeout expired, 2 bad usage.`,
    )
    .action(async (words: readonly string[], options: WaitOptions) => {
      const { unix = [], timeout } = options;
      const [endpoints, command] = endpointsAndCommand(words, unix, process.argv);
      const awaited = [...endpoints.map(portEndpoint), ...unix.map(unixEndpoint)];
      const names = [...endpoints, ...unix];
      const listened = await Promise.all(awaited.map((endpoint) => isListenedOn(endpoint, timeout)));
      const missing = names.filter((_, index) => !listened[index]);
      for (const name of missing) complain(`Nothing listens on ${name} after ${timeout} s.`);
      exit(missing.length === 0 ? await run(command) : NOT_IN_TIME);
    });
}

function portEndpoint(text: string): ListenerEndpoint {
  const { host, port } = parseEndpoint(text, "localhost");
  return { host, port };
}

function unixEndpoint(text: string): ListenerEndpoint {
  return { path: Buffer.from(parseUnixPath(text).path).toString() };
}

async function isListenedOn(endpoint: ListenerEndpoint, timeout: number | undefined): Promise<boolean> {
  try {
    await waitForListener(endpoint, timeout === undefined ? {} : { timeout: Math.ceil(timeout * 1000) });
    return true;
  } catch (error) {
    if (error instanceof DOMException && error.name === "TimeoutError") return false;
    if (error instanceof Error && "code" in error && "hostname" in error) {
      throw new UsageError(`The host "${error.hostname}" cannot be found (${error.code}).`);
    }
    // For example, a path that is too long for a sockaddr.
    if (error instanceof RangeError) throw new UsageError(`Cannot wait for this address: ${error.message}.`);
    throw error;
  }
}

/** Runs a command on our terminal; returns the exit status that a shell would report. */
async function run([program, ...words]: readonly string[]): Promise<number> {
  if (program === undefined) return DONE;
  const child = spawn(program, words, { stdio: "inherit" });
  // A terminal sends Ctrl-C to both processes; leave the decision to the command.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  try {
    return statusOf(await endOf(child));
  } catch (error) {
    return cannotRun(program, error);
  }
}

/** Rejects if the command cannot be started. */
async function endOf(child: ReturnType<typeof spawn>): Promise<CommandEnd> {
  const [status, signal] = await once(child, "exit");
  return { status, signal };
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text === "" || !(seconds >= 0 && seconds <= 1_000_000)) {
    throw new UsageError(`"${text}" is not a time; a time is a number of seconds from 0 to 1000000.`);
  }
  return seconds;
}
