import { statSync } from "node:fs";
import { watch } from "chokidar";
import type { Command } from "commander";
import type { UnixAddress } from "../address/address.ts";
import type { Timer } from "../clock/clock.ts";
import { machineClock } from "../clock/machine-clock.ts";
import "../engine/choice.ts";
import { inheritsDescriptors } from "../net/handoff/listeners-from-environment.ts";
import { listen } from "../net/listener/listen.ts";
import { reservePort } from "../net/listener/reserve-port.ts";
import type { Server } from "../net/listener/server.ts";
import type { BorrowedSocket } from "../posix/borrowed-socket.ts";
import { SOMAXCONN } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { collect, endpointsAndCommand } from "./asked-address.ts";
import { cannotExecute } from "./can-execute.ts";
import { cannotListen } from "./cannot-listen.ts";
import { type CommandEnd, cannotRun, statusOf } from "./command-status.ts";
import { complain } from "./complain.ts";
import { parseBacklog, parseHostAndPort, parseUnixPath, resolve } from "./endpoint.ts";
import { formatAddress } from "./format.ts";
import { parseGrace } from "./grace.ts";
import { HeldCommand } from "./held-command.ts";
import { howToTake } from "./how-to-take.ts";
import { passSignals } from "./pass-signals.ts";
import { reapOrphans } from "./reap-orphans.ts";
import { UsageError } from "./usage-error.ts";
import { parseWorkers } from "./workers/count.ts";
import { holdWorkers } from "./workers/hold-workers.ts";
import { parseMemory } from "./workers/memory.ts";
import { parseReadiness, type Readiness } from "./workers/readiness.ts";
import { showStatus } from "./workers/show-status.ts";

interface HoldOptions {
  readonly unix?: string;
  readonly backlog: number;
  readonly restartOnChange?: readonly string[];
  readonly watch?: readonly string[];
  readonly grace?: number;
  readonly pid: boolean;
  readonly workers?: number;
  readonly reuseport?: true;
  readonly ready?: Readiness;
  readonly maxMemory?: number;
  readonly status?: true;
  readonly json?: true;
}

/** How many seconds a command, or a worker with its connections, may take to end. */
const GRACE = 5;
const WORKER_GRACE = 30;

/**
 * Editors and compilers write in bursts, so a restart waits until nothing has changed for this many
 * milliseconds.
 */
const QUIET = 100;

/** Adds the `hold` command, which keeps a socket open for a command; `exit` gets its status. */
export function addHold(program: Command, exit: (status: number) => void): void {
  program
    .command("hold")
    .description("keep a listening socket open while the command that uses it restarts")
    .argument(
      "[[host:]port]",
      "where to listen; without a host, 127.0.0.1; localhost opens two sockets, IPv4 and IPv6",
    )
    .argument("[command...]", "after --, the command to run")
    .option("--unix <path>", "hold a unix socket instead; @name is in the abstract namespace")
    .option("--backlog <n>", "how many connections may wait, even during a restart", parseBacklog, SOMAXCONN)
    .option(
      "--restart-on-change <dir>",
      "restart when a file in this directory changes; may be repeated",
      collect,
    )
    .option("--watch <path>", "the same, for a directory or a file", collect)
    .option(
      "--grace <seconds>",
      `how long the command may take to end before it gets SIGKILL (default: ${GRACE}, or ` +
        `${WORKER_GRACE} with --workers)`,
      parseGrace,
    )
    .option(
      "--workers <n>",
      'run n copies of the command, or one per processor with "cpus"; restarts lose no request',
      parseWorkers,
    )
    .option("--reuseport", "give each worker a socket of its own, with SO_REUSEPORT")
    .option(
      "--ready <how>",
      "when a worker is ready: listening (the default), message (process.send) or notify (NOTIFY_SOCKET)",
      parseReadiness,
    )
    .option(
      "--max-memory <size>",
      "replace a worker that uses more memory than this, such as 300M",
      parseMemory,
    )
    .option(
      "--status",
      "show the workers of all your holds, or of the one on the given port; live on a terminal",
    )
    .option("--json", "with --status, print JSON once")
    .option("--no-pid", "do not set LISTEN_PID, for a command that starts the server as a child process")
    .addHelpText(
      "after",
      `
An unchanged Node program gets the socket when it listens on the port or path, even if npm, a shell
or a watcher starts it. Other programs inherit it as descriptor 3, with LISTEN_FDS=1
(sd_listen_fds(3)).

SIGUSR2 restarts the command; connections wait in the queue meanwhile. Other signals are passed on.
Exit status: that of the command.

With --workers several copies of the command run, and SIGUSR2 replaces them one by one: each new
worker is ready before the old one stops accepting, and a Node program finishes its connections. If
a new worker does not become ready, the old ones stay. A worker that crashes is started again. Each
line of output begins with the worker's number, which is also BERKELEY_WORKER in its environment.`,
    )
    .action(async (first: string | undefined, rest: readonly string[], options: HoldOptions) => {
      if (options.json && !options.status) throw new UsageError("--json needs --status.");
      if (options.status) {
        if (rest.length > 0) throw new UsageError("--status shows running holds: leave the command out.");
        exit((await showStatus(first ?? options.unix, options.json ?? false)) ? 0 : 1);
        return;
      }
      checkWorkerOptions(options);
      const paths = options.unix === undefined ? [] : [options.unix];
      const operands = first === undefined ? [] : [first, ...rest];
      const [[endpoint, second], [command, ...words]] = endpointsAndCommand(operands, paths, process.argv);
      if (endpoint !== undefined && !/\d$/.test(endpoint)) {
        throw new UsageError(
          `"${endpoint}" is not a port. Give one first, as in \`berkeley hold 3000 -- npm start\`; ` +
            "after a host, too, as in localhost:3000.",
        );
      }
      if (second !== undefined) {
        throw new UsageError(`hold takes one port, not both "${endpoint}" and "${second}".`);
      }
      if (command === undefined) {
        throw new UsageError(
          "The command is missing; write it after --, as in `berkeley hold 3000 -- npm start`.",
        );
      }
      for (const folder of foldersOf(options)) checkFolder(folder);
      if (!inheritsDescriptors) {
        throw new UsageError(
          "hold is not supported on Windows, where a program does not inherit descriptors.",
        );
      }
      const stopReaping = reapOrphans();
      exit(await holdCommand(endpoint, [command, ...words], options));
      stopReaping();
    });
}

/** Opens the sockets, and runs the command, or its workers, to the end; returns the exit status. */
async function holdCommand(
  endpoint: string | undefined,
  command: readonly [string, ...string[]],
  options: HoldOptions,
): Promise<number> {
  const { workers, grace = WORKER_GRACE } = options;
  const refusal = cannotExecute(command[0]);
  // With a folder to watch, a program may still be built.
  if (refusal !== undefined && foldersOf(options).length === 0) return cannotRun(command[0], refusal);
  if (workers === undefined) {
    const opened = await open(endpoint, options);
    const end = await hold(opened, command, options);
    await opened.close();
    return endLike(end);
  }
  const opened = await openForWorkers(endpoint, workers, options);
  try {
    const end = await holdWorkers({
      command,
      sockets: Array.from({ length: workers }, (_, index) => socketsOf(opened, index)),
      addresses: opened[0].sockets.map((socket) => formatAddress(getsockname(socket))),
      pid: options.pid,
      ready: options.ready ?? "listening",
      grace: grace * 1000,
      maxMemory: options.maxMemory ?? Number.POSITIVE_INFINITY,
      onChange: (changed) => onChange(foldersOf(options), changed),
    });
    // The workers ended as they should: 0, unless the command cannot be run.
    return end.status ?? 0;
  } finally {
    for (const each of opened) await each.close();
  }
}

/** Sockets that listen and accept nothing. */
interface HeldSockets {
  readonly sockets: readonly (Socket | BorrowedSocket)[];
  /** Closes them, and removes the path of a unix socket. */
  close(): Promise<void> | void;
}

async function open(endpoint: string | undefined, { unix, backlog }: HoldOptions): Promise<HeldSockets> {
  if (unix !== undefined) return openPath(parseUnixPath(unix), backlog);
  const asked = parseHostAndPort(endpoint);
  const address = await resolve(asked);
  try {
    // The name and not its address: localhost is both families.
    const reserved = await reservePort({ ...asked, backlog });
    return { sockets: reserved.sockets, close: () => reserved[Symbol.dispose]() };
  } catch (error) {
    throw cannotListen(error, address);
  }
}

/** One set of sockets for all workers, or with `--reuseport` one for each. */
async function openForWorkers(
  endpoint: string | undefined,
  workers: number,
  options: HoldOptions,
): Promise<readonly [HeldSockets, ...HeldSockets[]]> {
  if (options.reuseport === undefined) return [await open(endpoint, options)];
  const { host, port } = parseHostAndPort(endpoint);
  const first = await openReuseport(host, port, options.backlog);
  const others: HeldSockets[] = [];
  const [chosen] = first.sockets.map((socket) => getsockname(socket));
  const same = chosen !== undefined && "port" in chosen ? chosen.port : port;
  while (others.length < workers - 1) others.push(await openReuseport(host, same, options.backlog));
  return [first, ...others];
}

/** Those of a worker: the same array for those that share. */
const socketsOf = (opened: readonly [HeldSockets, ...HeldSockets[]], index: number) =>
  (opened[index] ?? opened[0]).sockets;

async function openReuseport(host: string, port: number, backlog: number): Promise<HeldSockets> {
  try {
    return paused(await listen({ host, port, backlog, reusePort: true }, {}));
  } catch (error) {
    throw cannotListen(error, await resolve({ host, port }));
  }
}

/** Before the event loop turns, so nothing has been accepted. */
function paused(server: Server): HeldSockets {
  server.pause();
  return { sockets: server.sockets, close: () => server.close() };
}

async function openPath(address: UnixAddress, backlog: number): Promise<HeldSockets> {
  try {
    return paused(await listen({ path: address.path, backlog }, {}));
  } catch (error) {
    throw cannotListen(error, address);
  }
}

/** Runs the command to its end, passing on signals and restarting it. */
async function hold(
  { sockets }: HeldSockets,
  command: readonly [string, ...string[]],
  options: HoldOptions,
): Promise<CommandEnd> {
  const { backlog, grace = GRACE, pid } = options;
  const folders = foldersOf(options);
  const where = sockets.map((socket) => formatAddress(getsockname(socket))).join(" and ");
  const held = new HeldCommand({
    command,
    sockets,
    backlog,
    pid,
    grace: grace * 1000,
    staysForRestart: folders.length > 0,
    notTaken: howToTake(where),
    say: complain,
  });
  const stopPassing = passSignals((name, isSentToBoth) => {
    if (name === "SIGUSR2") void held.restart();
    else held.signal(name, isSentToBoth);
  });
  const stopWatching = await onChange(folders, (path) => {
    complain(`${path} has changed: restarting.`);
    void held.restart();
  });
  complain(`Holding ${where}. To restart the command: kill -USR2 ${process.pid}`);
  const end = await held.run();
  await stopWatching();
  stopPassing();
  return end;
}

/**
 * Calls `changed` once for each burst of changes below the folders. Uses chokidar because the
 * recursive fs.watch() of Linux watches every file of node_modules, and throws if a folder
 * disappears while it is read.
 */
async function onChange(
  folders: readonly string[],
  changed: (path: string) => void,
): Promise<() => Promise<void>> {
  if (folders.length === 0) return async () => {};
  let timer: Timer | undefined;
  const watcher = watch([...folders], {
    ignoreInitial: true,
    ignored: (path) => /[/\\](node_modules|\.git)([/\\]|$)/.test(path),
  });
  watcher.on("all", (_event, path) => {
    machineClock.clearTimeout(timer);
    timer = machineClock.setTimeout(() => changed(path), QUIET);
  });
  watcher.on("error", (error) =>
    complain(`Cannot watch: ${error instanceof Error ? error.message : error}.`),
  );
  await new Promise<void>((resolve) => watcher.once("ready", resolve));
  return () => {
    machineClock.clearTimeout(timer);
    return watcher.close();
  };
}

const foldersOf = ({ restartOnChange = [], watch: watched = [] }: HoldOptions): readonly string[] => [
  ...restartOnChange,
  ...watched,
];

/** Throws if an option is given that only workers have. */
function checkWorkerOptions({ workers, unix, reuseport, ready, maxMemory }: HoldOptions): void {
  if (reuseport && unix !== undefined) throw new UsageError("--reuseport is for ports, not for --unix.");
  if (workers !== undefined) return;
  if (reuseport || ready !== undefined || maxMemory !== undefined)
    throw new UsageError("--reuseport, --ready and --max-memory need --workers.");
}

function checkFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) {
    throw new UsageError(`Cannot watch "${folder}": it does not exist.`);
  }
}

/**
 * The exit status of the command. If a signal that people send ended it, this process ends by the
 * same signal, so that its parent sees the same: a shell's loop ends at Ctrl-C only if its command
 * did. Other signals might write a core of this process.
 */
function endLike(end: CommandEnd): number {
  const { signal } = end;
  if (signal === "SIGHUP" || signal === "SIGINT" || signal === "SIGTERM") process.kill(process.pid, signal);
  // The signal may not end this process, as when it is the first one of a container.
  return statusOf(end);
}
