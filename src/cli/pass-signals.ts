import { readFileSync } from "node:fs";
import { complain } from "./complain.ts";
import { watchLauncher } from "./launcher.ts";

/** Signals that a terminal sends to every process in its foreground. */
const OF_THE_TERMINAL: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT", "SIGWINCH"];

const OTHERS: readonly NodeJS.Signals[] = ["SIGALRM", "SIGCONT", "SIGHUP", "SIGTERM", "SIGUSR1", "SIGUSR2"];

/** Signals that ask us to end, or may do so. */
const LAST: readonly NodeJS.Signals[] = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"];

/**
 * Calls `pass` for each signal, including one that only our launcher (such as npx) received, with
 * whether the command has received it already. Node does not report the sender of a signal, so in
 * the foreground we assume that it was the terminal: a command that gets Ctrl-C twice may quit
 * without cleaning up.
 */
export function passSignals(pass: (name: NodeJS.Signals, isSentToBoth: boolean) => void): () => void {
  const stopWatching = watchLauncher(({ signal, message }) => {
    complain(message);
    pass(signal, false);
  });
  const listeners = [...OF_THE_TERMINAL, ...OTHERS].map((name) => {
    const listener = () => {
      // When the terminal hangs up, npx ends too, which must not cause a restart.
      if (LAST.includes(name)) stopWatching();
      pass(name, OF_THE_TERMINAL.includes(name) && isInForeground());
    };
    process.on(name, listener);
    return () => process.off(name, listener);
  });
  return () => {
    stopWatching();
    for (const stop of listeners) stop();
  };
}

/** The first signal that asked this process to end while it prepared. */
export interface DeferredSignals {
  readonly asked: NodeJS.Signals | undefined;
  readonly stop: () => void;
}

/**
 * Records signals that would end this process, while it has a socket whose file must be removed
 * first. SIGUSR2 is ignored, since there is nothing to restart yet.
 */
export function deferSignals(): DeferredSignals {
  let asked: NodeJS.Signals | undefined;
  const listeners = [...LAST, "SIGUSR2" as const].map((name) => {
    const listener = () => {
      if (name !== "SIGUSR2") asked ??= name;
    };
    process.on(name, listener);
    return () => process.off(name, listener);
  });
  return {
    get asked() {
      return asked;
    },
    stop() {
      for (const stop of listeners) stop();
    },
  };
}

/** Whether our process group has the terminal: fields 5 and 8 of proc_pid_stat(5). */
function isInForeground(): boolean {
  try {
    const text = readFileSync("/proc/self/stat", "latin1");
    // The program's name, in parentheses, may contain spaces.
    const [, , , group, , , foreground] = text.slice(text.lastIndexOf(")") + 1).split(" ");
    return group !== undefined && group === foreground;
  } catch {
    return process.stdin.isTTY === true;
  }
}
