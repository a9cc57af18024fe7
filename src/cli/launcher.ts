import { readFileSync } from "node:fs";
import type { Timer } from "../clock/clock.ts";
import { machineClock } from "../clock/machine-clock.ts";
import { processState } from "./process-states.ts";

/** How often to check the processes, in milliseconds. */
const LOOK = 100;

/** Deeper than npm scripts that run npm ever nest. */
const DEEPEST = 20;

/** A package manager that started us, or the shell in which it runs a script. */
type Kind = "manager" | "shell";

/** The signal to act on when a launcher ends, and the message for the user. */
export interface LauncherEnd {
  readonly signal: "SIGTERM" | "SIGUSR2";
  readonly message: string;
}

/**
 * Calls `ended` when a launcher ends: npx, npm, pnpm or yarn, or its shell.
 *
 * - SIGUSR2 kills a package manager, which does not pass it on.
 * - SIGTERM is passed on to the shell, which ends, unless it has exec'd us, as bash does.
 *
 * Does nothing on systems without /proc.
 */
export function watchLauncher(ended: (end: LauncherEnd) => void): () => void {
  // Set by npm and compatible package managers.
  if (process.env.npm_config_user_agent === undefined) return () => {};
  const launchers = findLaunchers();
  if (launchers.length === 0) return () => {};
  const timer: Timer = machineClock.setInterval(() => {
    let child = process.pid;
    for (const [index, { pid, kind }] of launchers.entries()) {
      if (parentOf(child) === pid) {
        child = pid;
        continue;
      }
      launchers.length = index;
      if (index === 0 || kind === "shell") machineClock.clearInterval(timer);
      ended(kind === "shell" ? endOfShell : endOfManager());
      return;
    }
  }, LOOK);
  timer.unref();
  return () => machineClock.clearInterval(timer);
}

const endOfShell: LauncherEnd = {
  signal: "SIGTERM",
  message: "The shell that started hold has ended, so hold ends too.",
};

const endOfManager = (): LauncherEnd => ({
  signal: "SIGUSR2",
  message: `The package manager that started hold has ended: restarting. Next time: kill -USR2 ${process.pid}`,
});

interface Launcher {
  readonly pid: number;
  readonly kind: Kind;
}

/** Our ancestors that wait for us, from the parent up. The last one is a package manager. */
function findLaunchers(): Launcher[] {
  const found: Launcher[] = [];
  const own = processState(process.pid);
  for (let child = own; child !== undefined && found.length < DEEPEST; ) {
    const { parent } = child;
    child = processState(parent);
    const kind = kindOf(parent);
    // A program in a session of its own is meant to outlive its launchers.
    if (kind === undefined || child?.session !== own?.session) break;
    found.push({ pid: parent, kind });
  }
  while (found.at(-1)?.kind === "shell") found.pop();
  return found;
}

/** Undefined for anything else, and for a shell that may end before its children. */
function kindOf(pid: number): Kind | undefined {
  const words = wordsOf(pid);
  const [program = "", second = "", script = ""] = words;
  if (/(^|\/)(ba|da|k|z)?sh$/.test(program) && second === "-c")
    return mayLeaveBehind(script) ? undefined : "shell";
  // npm puts its whole command line into the first word.
  return [program, second].some((word) => /(^|\/)(npm|npx|pnpm|pnpx|yarn)([ .-]|$)/.test(word))
    ? "manager"
    : undefined;
}

/** Whether a shell script runs anything in the background. */
export function mayLeaveBehind(script: string): boolean {
  const unquoted = script.replaceAll(/\\.|'[^']*'|"(\\.|[^"\\])*"/gs, "");
  // But not && or a redirection: >&2, <&3, &>file.
  return /(^|[^&<>])&(?![&>])/.test(unquoted);
}

const parentOf = (pid: number): number | undefined =>
  pid === process.pid ? process.ppid : processState(pid)?.parent;

function wordsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}
