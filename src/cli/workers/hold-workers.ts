import { machineClock } from "../../clock/machine-clock.ts";
import { cannotExecute } from "../can-execute.ts";
import { type CommandEnd, cannotRun } from "../command-status.ts";
import { complain } from "../complain.ts";
import { howToTake, PATIENCE } from "../how-to-take.ts";
import { type DeferredSignals, passSignals } from "../pass-signals.ts";
import { PassedSockets } from "../passed-sockets.ts";
import { ControlSocket } from "./control-socket.ts";
import { Guardian } from "./guardian.ts";
import { PrefixedOutput } from "./prefixed-output.ts";
import type { Readiness } from "./readiness.ts";
import { Supervisor } from "./supervisor.ts";
import { DRAINING, type WorkerSockets } from "./worker.ts";

/** The command to run, and how. */
export interface HoldWorkersOptions {
  readonly command: readonly [string, ...string[]];
  /** The sockets of each worker; workers may share them. */
  readonly sockets: readonly WorkerSockets["sockets"][];
  /** The addresses that it listens on, formatted for people. */
  readonly addresses: readonly string[];
  readonly pid: boolean;
  readonly ready: Readiness;
  /** How many milliseconds a worker may take to end. */
  readonly grace: number;
  readonly maxMemory: number;
  /** Whether a command that cannot be run may yet be built. */
  readonly staysForRestart: boolean;
  /** Signals that came while the sockets were opened, or come before others are handled. */
  readonly deferred: DeferredSignals;
  /** Watches for changes; resolves with a function that stops watching. */
  readonly onChange: (changed: (path: string) => void) => Promise<() => Promise<void>>;
}

/** These signals ask us to exit. */
const LAST: readonly NodeJS.Signals[] = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"];

/** Runs several processes of the command until a signal ends them. */
export async function holdWorkers(options: HoldWorkersOptions): Promise<CommandEnd> {
  const { command, addresses } = options;
  const refusal = cannotExecute(command[0]);
  if (refusal !== undefined && !options.staysForRestart)
    return { status: cannotRun(command[0], refusal), signal: null };
  const guardian = new Guardian(options.grace * DRAINING, options.grace);
  const passed = new Map<WorkerSockets["sockets"], PassedSockets>();
  for (const sockets of options.sockets) {
    if (passed.has(sockets)) continue;
    const one = new PassedSockets(sockets);
    // Not on each start, since O_NONBLOCK belongs to the socket, which running workers share.
    one.prepare();
    passed.set(sockets, one);
  }
  const sockets = options.sockets.flatMap((each) => {
    const one = passed.get(each);
    return one === undefined ? [] : [{ sockets: each, passed: one }];
  });
  const control = await ControlSocket.open(
    (report) => supervisor.onReport(report),
    () => ({ pid: process.pid, addresses, command, workers: supervisor.status() }),
  );
  const supervisor = new Supervisor({
    ...options,
    sockets,
    controlPath: control.path,
    guardian,
    stdout: new PrefixedOutput(process.stdout),
    stderr: new PrefixedOutput(process.stderr),
    say: complain,
  });
  const stopPassing = passSignals((name) => {
    if (name === "SIGUSR2") void supervisor.restart();
    else if (LAST.includes(name)) void supervisor.stop({ status: null, signal: name });
    else if (name === "SIGUSR1" || name === "SIGALRM") supervisor.signal(name);
  });
  const { asked } = options.deferred;
  if (asked !== undefined) void supervisor.stop({ status: null, signal: asked });
  const stopWatching = await options.onChange((path) => {
    complain(`${path} has changed: restarting.`);
    void supervisor.restart();
  });
  complain(
    `Holding ${addresses.join(" and ")} for ${sockets.length} workers. To restart them: kill -USR2 ` +
      `${process.pid}`,
  );
  const timer = machineClock.setTimeout(() => {
    if (!supervisor.hasServed && sockets.every(({ passed: { areTaken } }) => areTaken === false))
      complain(howToTake(addresses.join(" and "))(`After ${PATIENCE / 1000} s the command`));
  }, PATIENCE);
  timer.unref();
  const end = await supervisor.run();
  machineClock.clearTimeout(timer);
  for (const { acceptors } of passed.values()) acceptors.stop();
  await stopWatching();
  stopPassing();
  guardian.close();
  await control.close();
  return end;
}
