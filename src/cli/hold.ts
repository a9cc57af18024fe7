import { statSync } from "node:fs";
import { watch } from "chokidar";
import type { Command } from "commander";
import type { UnixAddress } from "../address/address.ts";
import { machineClock, type Timer } from "../clock/clock.ts";
import { inheritsDescriptors } from "../net/handoff/listeners-from-environment.ts";
import { listen } from "../net/listener/listen.ts";
import { reservePort } from "../net/listener/reserve-port.ts";
import type { BorrowedSocket } from "../posix/borrowed-socket.ts";
import { SOMAXCONN } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { collect, endpointsAndCommand } from "./asked-address.ts";
import { cannotListen } from "./cannot-listen.ts";
import { type CommandEnd, statusOf } from "./command-status.ts";
import { complain } from "./complain.ts";
import { parseBacklog, parseHostAndPort, parseUnixPath, resolve } from "./endpoint.ts";
import { formatAddress } from "./format.ts";
import { parseGrace } from "./grace.ts";
import { HeldCommand } from "./held-command.ts";
import { passSignals } from "./pass-signals.ts";
import { UsageError } from "./usage-error.ts";

interface HoldOptions {
  readonly unix?: string;
  readonly backlog: number;
  readonly restartOnChange?: readonly string[];
  readonly grace: number;
  readonly pid: boolean;
}

/**
 * Changes come in bursts, as when an editor or a compiler writes: a restart waits until they have
 * stopped for so long.
 */
const QUIET = 100;

/**
 * Adds the `hold` command, which keeps a socket open and gives it to a command; `exit` is told its
 * status.
 */
export function addHold(program: Command, exit: (status: number) => void): void {
  program
    .command("hold")
    .description("keep a listening socket open, and run a command with it that may be restarted")
    .argument(
      "[[host:]port]",
      "where to listen; without a host, 127.0.0.1; localhost is two sockets, of both families",
    )
    .argument("[command...]", "after --, what to run")
    .option("--unix <path>", "hold a unix socket instead; @name is in the abstract namespace")
    .option("--backlog <n>", "how many connections may wait, at a restart too", parseBacklog, SOMAXCONN)
    .option("--restart-on-change <dir>", "restart when a file there changes; may be repeated", collect)
    .option("--grace <seconds>", "how long a restart waits after SIGTERM before SIGKILL", parseGrace, 5)
    .option("--no-pid", "do not set LISTEN_PID, for a program that no shell or Node process hands it to")
    .addHelpText(
      "after",
      `
The command has the socket as descriptor 3, with LISTEN_FDS=1 (sd_listen_fds(3)). In Node:
  listen({ socket: listenersFromEnvironment()[0] })

SIGUSR2 restarts it; connections wait in the queue meanwhile. Other signals are passed on.
Its status is the command's.`,
    )
    .action(async (first: string | undefined, rest: readonly string[], options: HoldOptions) => {
      const paths = options.unix === undefined ? [] : [options.unix];
      const operands = first === undefined ? [] : [first, ...rest];
      const [[endpoint, second], [command, ...words]] = endpointsAndCommand(operands, paths, process.argv);
      if (second !== undefined) {
        throw new UsageError(`hold takes one port: not "${second}" besides "${endpoint}".`);
      }
      if (command === undefined) {
        throw new UsageError(
          "The command is missing: it comes after --, as in `berkeley hold 3000 -- npm start`.",
        );
      }
      for (const folder of options.restartOnChange ?? []) checkFolder(folder);
      if (!inheritsDescriptors) {
        throw new UsageError("hold needs a system whose programs inherit descriptors; Windows has none.");
      }
      const opened = await open(endpoint, options);
      const end = await hold(opened, [command, ...words], options);
      await opened.close();
      exit(endLike(end));
    });
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

async function openPath(address: UnixAddress, backlog: number): Promise<HeldSockets> {
  try {
    const server = await listen({ path: address.path, backlog }, {});
    // Before the event loop turns, so nothing has been accepted.
    server.pause();
    return { sockets: server.sockets, close: () => server.close() };
  } catch (error) {
    throw cannotListen(error, address);
  }
}

/** Runs it to its end, with signals passed on and restarts. */
async function hold(
  { sockets }: HeldSockets,
  command: readonly [string, ...string[]],
  { backlog, grace, pid, restartOnChange = [] }: HoldOptions,
): Promise<CommandEnd> {
  const held = new HeldCommand({
    command,
    sockets,
    backlog,
    pid,
    grace: grace * 1000,
    staysForRestart: restartOnChange.length > 0,
    say: complain,
  });
  const stopPassing = passSignals((name, isSentToBoth) => {
    if (name === "SIGUSR2") void held.restart();
    else held.signal(name, isSentToBoth);
  });
  const stopWatching = await onChange(restartOnChange, (path) => {
    complain(`${path} has changed: restarting.`);
    void held.restart();
  });
  complain(`Holds ${sockets.map((socket) => formatAddress(getsockname(socket))).join(" and ")}.`);
  const end = await held.run();
  await stopWatching();
  stopPassing();
  return end;
}

/**
 * Calls `changed` when files below the folders have changed, once for a burst. chokidar and not
 * fs.watch(): on Linux, that one watches every file of node_modules with its `recursive`, and
 * throws where a folder goes while it looks.
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

function checkFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) {
    throw new UsageError(`"${folder}" is not there to be watched.`);
  }
}

/**
 * The status of the command. Of one that a signal ended which people send, we end by the same
 * signal, so that whoever waits for us sees what it would see of the command: a shell's loop ends
 * at Ctrl-C only if what it runs did. Other signals would write a core of ours.
 */
function endLike(end: CommandEnd): number {
  const { signal } = end;
  if (signal === "SIGHUP" || signal === "SIGINT" || signal === "SIGTERM") process.kill(process.pid, signal);
  // Where that does not end us, as where we are the first process of a container.
  return statusOf(end);
}
