import type { Command } from "commander";
import { inheritsDescriptors } from "../net/handoff/listeners-from-environment.ts";
import { SOMAXCONN } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import { collect, endpointsAndCommand } from "./asked-address.ts";
import { cannotExecute } from "./can-execute.ts";
import { type CommandEnd, cannotRun, statusOf } from "./command-status.ts";
import { complain } from "./complain.ts";
import { parseBacklog } from "./endpoint.ts";
import { formatAddress } from "./format.ts";
import { parseGrace } from "./grace.ts";
import { HeldCommand } from "./held-command.ts";
import {
  type HeldSockets,
  type HeldSocketsOptions,
  open,
  openForWorkers,
  socketsOf,
} from "./held-sockets.ts";
import { howToTake } from "./how-to-take.ts";
import { type DeferredSignals, deferSignals, passSignals } from "./pass-signals.ts";
import { reapOrphans } from "./reap-orphans.ts";
import { UsageError } from "./usage-error.ts";
import { checkPaths, watchPaths } from "./watch-paths.ts";
import { parseWorkers } from "./workers/count.ts";
import { holdWorkers } from "./workers/hold-workers.ts";
import { parseMemory } from "./workers/memory.ts";
import { parseReadiness, type Readiness } from "./workers/readiness.ts";
import { heldPath, showStatus } from "./workers/show-status.ts";

interface HoldOptions extends HeldSocketsOptions {
  readonly restartOnChange?: readonly string[];
  readonly watch?: readonly string[];
  readonly grace?: number;
  readonly pid: boolean;
  readonly workers?: number;
  readonly ready?: Readiness;
  readonly maxMemory?: number;
  readonly status?: true;
  readonly json?: true;
}

/** How many seconds a command, or a worker with its connections, may take to exit. */
const GRACE = 5;
const WORKER_GRACE = 30;

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
    .option("--reuseport", "give each worker its own socket, with SO_REUSEPORT")
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
a new worker does not become ready, the old ones stay. A crashed worker is restarted. Each line of
output begins with the worker's number, which is also in BERKELEY_WORKER in its environment.`,
    )
    .action(async (first: string | undefined, rest: readonly string[], options: HoldOptions) => {
      if (options.json && !options.status) throw new UsageError("--json needs --status.");
      if (options.status) {
        if (rest.length > 0) throw new UsageError("--status shows running holds: leave the command out.");
        const asked = { endpoint: first, unix: options.unix };
        exit((await showStatus(asked, options.json ?? false)) ? 0 : 1);
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
      checkPaths(watchedBy(options));
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

/**
 * Opens the sockets, and runs the command or its workers until they end; returns the exit status.
 */
async function holdCommand(
  endpoint: string | undefined,
  command: readonly [string, ...string[]],
  options: HoldOptions,
): Promise<number> {
  const { workers } = options;
  const refusal = cannotExecute(command[0]);
  // If a folder is watched, the program may not have been built yet.
  if (refusal !== undefined && watchedBy(options).length === 0) return cannotRun(command[0], refusal);
  const deferred = deferSignals();
  let end: CommandEnd;
  try {
    end =
      workers === undefined
        ? await holdOne(endpoint, command, options, deferred)
        : await holdSeveral(endpoint, workers, command, options, deferred);
  } finally {
    // Not earlier: no signal may end this process before the socket's file is removed.
    deferred.stop();
  }
  // The workers ended in order: 0, unless the command cannot be run.
  return workers === undefined ? endLike(end) : (end.status ?? 0);
}

async function holdOne(
  endpoint: string | undefined,
  command: readonly [string, ...string[]],
  options: HoldOptions,
  deferred: DeferredSignals,
): Promise<CommandEnd> {
  const opened = await open(endpoint, options);
  try {
    const { asked } = deferred;
    return asked === undefined ? await hold(opened, command, options) : { status: null, signal: asked };
  } finally {
    await opened.close();
  }
}

async function holdSeveral(
  endpoint: string | undefined,
  workers: number,
  command: readonly [string, ...string[]],
  options: HoldOptions,
  deferred: DeferredSignals,
): Promise<CommandEnd> {
  const { grace = WORKER_GRACE } = options;
  const opened = await openForWorkers(endpoint, workers, options);
  try {
    return await holdWorkers({
      command,
      sockets: Array.from({ length: workers }, (_, index) => socketsOf(opened, index)),
      addresses:
        options.unix === undefined
          ? opened[0].sockets.map((socket) => formatAddress(getsockname(socket)))
          : [heldPath(options.unix)],
      pid: options.pid,
      ready: options.ready ?? "listening",
      grace: grace * 1000,
      maxMemory: options.maxMemory ?? Number.POSITIVE_INFINITY,
      staysForRestart: watchedBy(options).length > 0,
      deferred,
      onChange: (changed) => onChange(options, changed),
    });
  } finally {
    for (const each of opened) await each.close();
  }
}

/** Runs the command to its end, passing on signals and restarting it. */
async function hold(
  { sockets }: HeldSockets,
  command: readonly [string, ...string[]],
  options: HoldOptions,
): Promise<CommandEnd> {
  const { backlog, grace = GRACE, pid } = options;
  const where = sockets.map((socket) => formatAddress(getsockname(socket))).join(" and ");
  const held = new HeldCommand({
    command,
    sockets,
    backlog,
    pid,
    grace: grace * 1000,
    staysForRestart: watchedBy(options).length > 0,
    notTaken: howToTake(where),
    say: complain,
  });
  const stopPassing = passSignals((name, isSentToBoth) => {
    if (name === "SIGUSR2") void held.restart();
    else held.signal(name, isSentToBoth);
  });
  const stopWatching = await onChange(options, (path) => {
    complain(`${path} has changed: restarting.`);
    void held.restart();
  });
  complain(`Holding ${where}. To restart the command: kill -USR2 ${process.pid}`);
  const end = await held.run();
  await stopWatching();
  stopPassing();
  return end;
}

const watchedBy = ({ restartOnChange = [], watch = [] }: HoldOptions): readonly string[] => [
  ...restartOnChange,
  ...watch,
];

const onChange = (options: HoldOptions, changed: (path: string) => void) =>
  watchPaths(watchedBy(options), changed, (message) => complain(`Cannot watch: ${message}.`));

/** Throws if an option that needs --workers is given without it. */
function checkWorkerOptions({ workers, unix, reuseport, ready, maxMemory }: HoldOptions): void {
  if (reuseport && unix !== undefined) throw new UsageError("--reuseport is for ports, not for --unix.");
  if (workers !== undefined) return;
  if (reuseport || ready !== undefined || maxMemory !== undefined)
    throw new UsageError("--reuseport, --ready and --max-memory need --workers.");
}

/**
 * Returns the command's exit status. If one of the signals that users send killed it, this process
 * kills itself with the same signal, so that its parent sees the same status: on Ctrl-C, a shell
 * leaves a loop only if the command was killed by SIGINT. Other signals might dump core.
 */
function endLike(end: CommandEnd): number {
  const { signal } = end;
  if (signal === "SIGHUP" || signal === "SIGINT" || signal === "SIGTERM") process.kill(process.pid, signal);
  // The signal may not end this process, for example if it is a container's first.
  return statusOf(end);
}
