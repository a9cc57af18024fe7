import { constants } from "node:os";
import { complain } from "./complain.ts";

/** A shell's exit statuses for a command that does not exist, and for one that cannot be run. */
const NOT_FOUND = 127;
const NOT_RUNNABLE = 126;

/** How a command ended; exactly one of the two is set. */
export interface CommandEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The exit status that a shell reports for a command. */
export function statusOf({ status, signal }: CommandEnd): number {
  return status ?? 128 + constants.signals[signal ?? "SIGKILL"];
}

/** Reports that a command cannot be run; returns the exit status that a shell would. */
export function cannotRun(command: string, error: unknown): number {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const reason = code === "ENOENT" ? "command not found" : code === "EACCES" ? "permission denied" : code;
  complain(`Cannot run ${command}: ${reason}.`);
  return code === "ENOENT" ? NOT_FOUND : NOT_RUNNABLE;
}
