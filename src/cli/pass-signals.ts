import { readFileSync } from "node:fs";

/** What a terminal sends by its keys, or by its size, to every process in its foreground. */
const OF_THE_TERMINAL: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT", "SIGWINCH"];

const OTHERS: readonly NodeJS.Signals[] = ["SIGALRM", "SIGCONT", "SIGHUP", "SIGTERM", "SIGUSR1", "SIGUSR2"];

/**
 * Hands each signal that comes to `pass`, with whether the command has it already. Node does not
 * tell who sent it: one of a terminal's is taken for the terminal's own where we are in its
 * foreground, since a command that gets Ctrl-C twice may take it for "at once".
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

/** Whether our process group is that which has the terminal: fields 5 and 8 of proc_pid_stat(5). */
function isInForeground(): boolean {
  try {
    const text = readFileSync("/proc/self/stat", "latin1");
    // The name of the program, in parentheses, may have blanks in it.
    const [, , , group, , , foreground] = text.slice(text.lastIndexOf(")") + 1).split(" ");
    return group !== undefined && group === foreground;
  } catch {
    return process.stdin.isTTY === true;
  }
}
