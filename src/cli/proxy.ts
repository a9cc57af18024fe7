import { createInterface } from "node:readline";
import { type Command, Option } from "commander";
import { machineClock } from "../clock/machine-clock.ts";
import "../engine/choice.ts";
import type { Faults } from "../net/proxy/faults.ts";
import { proxy } from "../net/proxy/proxy.ts";
import type { Balance } from "../net/proxy/proxy-options.ts";
import type { ProxyServer } from "../net/proxy/proxy-server.ts";
import { SOMAXCONN } from "../posix/constants.ts";
import { collect } from "./asked-address.ts";
import { cannotListen } from "./cannot-listen.ts";
import { complain } from "./complain.ts";
import { parseBacklog } from "./endpoint.ts";
import { formatAddress, formatBytes, formatDuration } from "./format.ts";
import { parseGrace } from "./grace.ts";
import { LiveScreen } from "./live-screen.ts";
import { type Output, standardOutput, writeJson } from "./output.ts";
import {
  addressToListenOn,
  checkNotItself,
  handedSockets,
  inheritedSockets,
  type ListenSource,
  type ResolvedTarget,
  targetsOf,
} from "./proxy-endpoints.ts";
import { changedFaults, describeFaults, parseBytes, parseMilliseconds } from "./proxy-faults.ts";
import { proxyTables } from "./proxy-table.ts";
import { HANDED_OVER, restartHandingOver } from "./restart.ts";
import { text } from "./terminal-text.ts";
import { UsageError } from "./usage-error.ts";

interface ProxyCommandOptions extends Pick<Faults, "latency" | "jitter" | "rate" | "resetAfter" | "slice"> {
  readonly unix?: string;
  readonly toUnix?: readonly string[];
  readonly backlog: number;
  readonly balance: Balance;
  readonly health: number | false;
  readonly acceptProxy?: true;
  readonly sendProxy?: string;
  readonly connectTimeout: number;
  readonly idleTimeout?: number;
  readonly maxConnections?: number;
  readonly grace: number;
  readonly stall?: true;
  readonly refuse?: true;
  readonly watch?: true;
  readonly json?: true;
}

/** How often to draw the table and to check the targets' states, in milliseconds. */
const INTERVAL = 1000;

/** What the old process tells the new one about the operands, which sockets do not reveal. */
const ALL_ARE_TARGETS = "all are targets";

/** Adds the `proxy` command, which forwards connections. */
export function addProxy(program: Command): void {
  program
    .command("proxy")
    .description("forward connections to one or more servers, optionally with faults")
    .argument(
      "[[[host:]port] [host:]port...]",
      "where to listen (without a host, on 127.0.0.1), then the targets (without a host, on localhost). " +
        "A single argument is a target; the proxy then listens on a free port.",
    )
    .option("--unix <path>", "listen on a unix socket; all arguments are then targets")
    .option("--to-unix <path>", "connect to a unix socket; may be repeated", collect)
    .option("--backlog <n>", "how many connections may wait to be accepted", parseBacklog, SOMAXCONN)
    .addOption(
      new Option("--balance <how>", "how to choose a target")
        .choices(["round-robin", "least-connections"])
        .default("round-robin"),
    )
    .option("--health <seconds>", "how often to check each target by connecting", parseInterval, 2)
    .option("--no-health", "do not check targets")
    .option("--accept-proxy", "expect a PROXY protocol header, version 1 or 2, on each connection")
    .addOption(
      new Option("--send-proxy <version>", "send a PROXY protocol header to targets").choices(["1", "2"]),
    )
    .option(
      "--connect-timeout <seconds>",
      "how long a target may take to accept before the next one is tried",
      parseInterval,
      5,
    )
    .option("--idle-timeout <seconds>", "reset a connection that has been idle for this long", parseInterval)
    .option("--max-connections <n>", "how many connections may be open at once; others wait", parseCount)
    .option("--grace <seconds>", "how long open connections may take to end on exit", parseGrace, 0.5)
    .option("--watch", "show targets and connections, live; press q to quit")
    .option("--json", "print JSON, one object per line; with --watch, every second")
    .optionsGroup("Faults:")
    .option("--latency <ms>", "delay all data by this much", parseMilliseconds)
    .option("--jitter <ms>", "vary the delay at random, by up to this much either way", parseMilliseconds)
    .option(
      "--rate <bytes>",
      "limit each direction of each connection to this many bytes per second, such as 64k",
      parseBytes,
    )
    .option("--slice <bytes>", "send at most this many bytes at a time", parseBytes)
    .option("--reset-after <bytes>", "reset a connection after this many bytes", parseBytes)
    .option("--stall", "stop forwarding data")
    .option("--refuse", "reset new connections")
    .addHelpText(
      "after",
      `
To change the faults while the proxy runs, type a line: latency 200, stall, stall off, or off for
none. With --watch, press s to stall, f to refuse, or 0 to turn all faults off.

SIGHUP restarts the command and hands its sockets to the new process: no connection is refused, and
open ones stay with the old process until they end. The proxy also listens on sockets it inherits:
  berkeley hold 8080 -- berkeley proxy 3000 3001
Exit status: 0 after Ctrl-C or SIGTERM, 2 if it cannot listen or a target is wrong.`,
    )
    .action(async (operands: readonly string[] | undefined, options: ProxyCommandOptions) => {
      await run(operands ?? [], options);
    });
}

function parseInterval(text_: string): number {
  const seconds = parseGrace(text_);
  if (seconds === 0) throw new UsageError("The time must be more than 0 seconds.");
  return seconds;
}

function parseCount(text_: string): number {
  const count = Number(text_);
  if (!/^\d+$/.test(text_) || count < 1 || count > 0x7fffffff)
    throw new UsageError(`"${text_}" is not a number of connections; write a whole number, 1 or more.`);
  return count;
}

async function run(operands: readonly string[], options: ProxyCommandOptions): Promise<void> {
  const output = standardOutput();
  if (options.watch && !options.json && !(output.isTerminal && process.stdin.isTTY))
    throw new UsageError("--watch needs a terminal; --watch --json prints a line every second for programs.");
  const { signal: ended, send } = firstSignal();
  const { server, targets, allAreTargets } = await start(operands, options);
  process.on("exit", () => server.close());
  const started = machineClock.now();
  tellStart(server, targets, options, output);
  const stopFaults = options.watch && !options.json ? undefined : readFaults(server, options);
  const stopStates = options.watch ? undefined : tellStates(server);
  const stopRestarts = onRestart(server, allAreTargets, () => send("SIGHUP"));
  const signal = await (options.watch ? watch(server, options, output, ended) : ended);
  stopFaults?.();
  stopStates?.();
  stopRestarts();
  await server.close({ drain: options.grace * 1000 });
  tellEnd(server, signal, machineClock.now() - started, options, output);
  // Reading from a terminal, for example, would keep the process running.
  process.stdin.pause();
}

/** A proxy, its targets, and whether every operand is a target. */
interface Started {
  readonly server: ProxyServer;
  readonly targets: readonly ResolvedTarget[];
  readonly allAreTargets: boolean;
}

async function start(operands: readonly string[], options: ProxyCommandOptions): Promise<Started> {
  const handedOver = process.env[HANDED_OVER];
  delete process.env[HANDED_OVER];
  const inherited = handedOver === undefined ? inheritedSockets() : await handedSockets();
  const alone = options.toUnix === undefined ? 1 : 0;
  const allAreTargets =
    handedOver === undefined
      ? inherited !== undefined || options.unix !== undefined || operands.length === alone
      : handedOver === ALL_ARE_TARGETS;
  const [first, ...rest] = operands;
  const targets = await targetsOf(allAreTargets ? operands : rest, options.toUnix ?? []);
  const source = inherited ?? (await addressToListenOn(allAreTargets ? undefined : first, options.unix));
  checkNotItself(source.address, targets);
  const server = await open(source, targets, options);
  source.ready?.();
  return { server, targets, allAreTargets };
}

async function open(
  source: ListenSource,
  targets: readonly ResolvedTarget[],
  options: ProxyCommandOptions,
): Promise<ProxyServer> {
  const { balance, health, connectTimeout, idleTimeout, maxConnections, backlog } = options;
  const { latency, jitter, rate, resetAfter, slice, stall, refuse } = options;
  const isInherited = "socket" in source.listen;
  try {
    return await proxy({
      listen: isInherited ? source.listen : { ...source.listen, backlog },
      to: targets.map(({ to }) => to),
      balance,
      health: health === false ? false : health * 1000,
      proxyProtocol: { accept: options.acceptProxy ?? false, send: versionOf(options.sendProxy) },
      connectTimeout: connectTimeout * 1000,
      idleTimeout: idleTimeout === undefined ? undefined : idleTimeout * 1000,
      maxConnections,
      faults: { latency, jitter, rate, resetAfter, slice, stall, refuse },
    });
  } catch (error) {
    throw cannotListen(error, source.address);
  }
}

function versionOf(version: string | undefined): 1 | 2 | undefined {
  if (version === undefined) return undefined;
  return version === "1" ? 1 : 2;
}

function tellStart(
  server: ProxyServer,
  targets: readonly ResolvedTarget[],
  options: ProxyCommandOptions,
  output: Output,
) {
  const addresses = server.addresses.map(formatAddress);
  const names = server.targets.map(({ name }) => name);
  if (options.json)
    writeJson({ event: "listening", addresses, port: server.port, targets: names, pid: process.pid });
  if (options.json || options.watch) return;
  const { styles } = output;
  const faults = describeFaults(server.faults);
  const added = faults === "" ? "" : `, with ${faults}`;
  output.write(
    text`proxying ${styles.bold(addresses.join(" and "))} to ${styles.bold(names.join(", "))}${added}\n`,
  );
  output.write(text`  ${targets.length > 1 ? `${options.balance}; ` : ""}Ctrl-C ends\n`);
}

function tellEnd(
  server: ProxyServer,
  signal: string,
  milliseconds: number,
  options: ProxyCommandOptions,
  output: Output,
) {
  const { stats } = server;
  if (options.json) {
    writeJson({ event: "summary", signal, ...stats, milliseconds: Math.round(milliseconds) });
    return;
  }
  const { accepted, failed, retried, sent, received } = stats;
  const count = accepted === 1 ? "1 connection" : `${accepted} connections`;
  const notes = [failed > 0 ? `, ${failed} failed` : "", retried > 0 ? `, ${retried} retried` : ""].join("");
  const traffic = `${formatBytes(sent)} sent, ${formatBytes(received)} received`;
  output.write(text`${count} in ${formatDuration(milliseconds)}${notes}; ${traffic}\n`);
}

/** Reports when a target goes down or comes up. */
function tellStates(server: ProxyServer): () => void {
  const before = new Map<string, boolean>();
  const look = () => {
    for (const { name, up, error } of server.targets) {
      if ((before.get(name) ?? true) !== up)
        complain(up ? `${name} is up again.` : `${name} is down: ${error}`);
      before.set(name, up);
    }
  };
  const timer = machineClock.setInterval(look, INTERVAL / 4).unref();
  return () => machineClock.clearInterval(timer);
}

/** Reads faults from lines of input. */
function readFaults(server: ProxyServer, { json }: ProxyCommandOptions): () => void {
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => {
    if (line.trim() === "") return;
    try {
      server.setFaults(changedFaults(server.faults, line));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      complain(error.message);
      return;
    }
    if (json) writeJson({ event: "faults", ...server.faults });
    else complain(`Faults: ${describeFaults(server.faults) || "none"}.`);
  });
  process.stdin.on("error", () => {});
  // A daemon's input has already ended.
  if ("unref" in process.stdin && typeof process.stdin.unref === "function") process.stdin.unref();
  return () => lines.close();
}

/** Draws the table until a key or a signal stops it. */
async function watch(
  server: ProxyServer,
  { json }: ProxyCommandOptions,
  output: Output,
  ended: Promise<NodeJS.Signals>,
): Promise<string> {
  if (json) {
    const timer = machineClock.setInterval(() => {
      writeJson({
        event: "status",
        stats: server.stats,
        targets: server.targets,
        connections: server.connections,
      });
    }, INTERVAL);
    const signal = await ended;
    machineClock.clearInterval(timer);
    return signal;
  }
  using screen = new LiveScreen((rows) => {
    const faults = describeFaults(server.faults);
    const keys = output.styles.dim("q: quit  s: stall  f: refuse  0: no faults");
    const where = server.addresses.map(formatAddress).join(" and ");
    const state = `${server.connections.length} open${faults === "" ? "" : `, ${faults}`}`;
    const head = text`${keys}\n${where}: ${state}\n`;
    return text`${head}${proxyTables(server, rows - 2, output)}`;
  });
  const timer = machineClock.setInterval(() => screen.draw(), INTERVAL);
  const key = screen.untilKey((name) => {
    const { faults } = server;
    if (name === "s") server.setFaults({ ...faults, stall: faults.stall !== true });
    if (name === "f") server.setFaults({ ...faults, refuse: faults.refuse !== true });
    if (name === "0") server.setFaults({});
    screen.draw();
    return name === "q";
  });
  const signal = await Promise.race([key.then(() => "q"), ended]);
  machineClock.clearInterval(timer);
  return signal;
}

/** SIGHUP hands the sockets to a new process of the same command; `ended` is called at the end. */
function onRestart(server: ProxyServer, allAreTargets: boolean, ended: () => void): () => void {
  const restart = () => {
    restartHandingOver(server.listener, allAreTargets ? ALL_ARE_TARGETS : "the first is not").then(
      ended,
      (error: unknown) =>
        complain(`Cannot restart: ${error instanceof Error ? error.message : String(error)}`),
    );
  };
  process.on("SIGHUP", restart);
  return () => process.off("SIGHUP", restart);
}

interface FirstSignal {
  readonly signal: Promise<NodeJS.Signals>;
  /** Behaves as if this signal had arrived. */
  send(name: NodeJS.Signals): void;
}

/** The first SIGINT or SIGTERM; a second one ends the process. */
function firstSignal(): FirstSignal {
  let send = (_name: NodeJS.Signals) => {};
  const signal = new Promise<NodeJS.Signals>((resolve_) => {
    send = resolve_;
    for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => resolve_(name));
  });
  return { signal, send };
}
