import { readFileSync } from "node:fs";

/** Signals that a terminal sends to every process in its foreground. */
const OF_THE_TERMINAL: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT", "SIGWINCH"];

const OTHERS: readonly NodeJS.Signals[] = ["SIGALRM", "SIGCONT", "SIGHUP", "SIGTERM", "SIGUSR1", "SIGUSR2"];

/**
 * Calls `pass` for each signal, and says whether the command has already got it. Node does not say
 * who sent a signal, so if we are in the foreground we assume that the terminal did: a command that
 * gets Ctrl-C twice may quit without cleaning up.
 */
export function passSignals(pass: (name: NodeJS.Signals, isSentToBoth: boolean) => void): () => void {
  const listeners = [...OF_THE_TERMINAL, ...OTHERS].map((name) => {
    const listener = () => pass(name, OF_THE_TERMINAL.includes(name) && isInForeground());
    process.on(name, listener);
    return () => process.off(name, listener);
  });
  return () => {
    for (const stop of listeners) stop();
  };
}

/** Whether our process group has the terminal: fields 5 and 8 of proc_pid_stat(5). */
function isInForeground(): boolean {
  try {
    const text = readFileSync("/proc/self/stat", "latin1");
    // The program's name, in parentheses, may contain blanks.
    const [, , , group, , , foreground] = text.slice(text.lastIndexOf(")") + 1).split(" ");
    return group !== undefined && group === foreground;
  } catch {
    return process.stdin.isTTY === true;
  }
}
