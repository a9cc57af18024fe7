import type { Command } from "commander";
import type { Timer } from "../clock/clock.ts";
import { machineClock } from "../clock/machine-clock.ts";
import { type ListedSocket, listeners, SocketsUnavailableError } from "../diagnose/listeners.ts";
import { netstat } from "../diagnose/netstat.ts";
import { complain } from "./complain.ts";
import { LiveScreen } from "./live-screen.ts";
import { type Output, standardOutput, writeJson } from "./output.ts";
import { portsTable } from "./ports-table.ts";
import { TerminalText, text } from "./terminal-text.ts";
import { UsageError } from "./usage-error.ts";

interface PortsOptions {
  readonly all?: true;
  readonly watch?: true;
  readonly json?: true;
}

/** The refresh interval of --watch, in milliseconds. */
const INTERVAL = 1000;

/** The exit status if the sockets cannot be listed. */
const UNKNOWN = 2;

/** Adds the `ports` command, which lists listening sockets. */
export function addPorts(program: Command, exit: (status: number) => void): void {
  program
    .command("ports")
    .description("list listening sockets, with their processes, accept queues and drops")
    .option("--all", "include UDP and unix sockets, and TCP sockets that are bound but do not listen")
    .option("--watch", "refresh every second; press q to quit")
    .option("--json", "print a JSON array; with --watch, one per line every second")
    .action(async (options: PortsOptions) => {
      const all = options.all ?? false;
      const output = standardOutput();
      try {
        if (options.json) await printJson(all, options.watch ?? false);
        else if (options.watch) await watch(all, output);
        else output.write(text`${screenOf(listeners({ all }), output)}\n`);
      } catch (error) {
        if (!(error instanceof SocketsUnavailableError)) throw error;
        complain(`Cannot${error.message.slice("cannot".length)}.`);
        exit(UNKNOWN);
      }
    });
}

async function printJson(all: boolean, proceed: boolean): Promise<void> {
  const print = () => writeJson(listeners({ all }));
  print();
  if (proceed) await endOf(machineClock.setInterval(print, INTERVAL));
}

/** Never resolves: a signal stops us, or the reader does by closing the pipe. */
const endOf = (_timer: Timer) => new Promise<never>(() => {});

async function watch(startWithAll: boolean, output: Output): Promise<void> {
  if (!output.isTerminal || !process.stdin.isTTY) {
    throw new UsageError("--watch needs a terminal; --watch --json prints a line every second for programs.");
  }
  let all = startWithAll;
  using screen = new LiveScreen((rows) => {
    const dim = output.styles.dim(`q: quit  a: show ${all ? "TCP listeners only" : "all"}`);
    const drops = dropsSinceBoot();
    const head = drops === "" ? text`${dim}\n` : text`${dim}\n${drops}\n`;
    // The header and the table's title take three lines. Do not lay out entries that do not fit.
    const entries = listeners({ all }).slice(0, Math.max(0, rows - 3));
    return text`${head}${screenOf(entries, output)}`;
  });
  const timer = machineClock.setInterval(() => screen.draw(), INTERVAL);
  await screen.untilKey((key) => {
    if (key === "a") all = !all;
    screen.draw();
    return key === "q";
  });
  machineClock.clearInterval(timer);
}

/**
 * The number of connections that all listeners of this network namespace have dropped, as a
 * sentence; empty if the system does not count them.
 */
function dropsSinceBoot(): string {
  const counters = netstat();
  if (counters === undefined) return "";
  const { ListenDrops: drops, ListenOverflows: overflows } = counters;
  if (drops === 0) return "no connections dropped since boot";
  const connections = drops === 1 ? "1 connection" : `${drops} connections`;
  const cause =
    overflows === drops
      ? "all because an accept queue was full"
      : `${overflows} because an accept queue was full`;
  return `${connections} dropped since boot, ${cause}`;
}

const screenOf = (entries: readonly ListedSocket[], output: Output): TerminalText =>
  entries.length === 0 ? TerminalText.of("Nothing is listening.") : portsTable(entries, output);
