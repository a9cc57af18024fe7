import { constants } from "node:os";
import { complain } from "./complain.ts";

/** What a shell says of a command that is not there, and of one that cannot be run. */
const NOT_FOUND = 127;
const NOT_RUNNABLE = 126;

/** How a command that was run has ended: exactly one of them. */
export interface CommandEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The status of a command, as a shell has it. */
export function statusOf({ status, signal }: CommandEnd): number {
  return status ?? 128 + constants.signals[signal ?? "SIGKILL"];
}

/** Tells that a command cannot be run; its status, as a shell has it. */
export function cannotRun(command: string, error: unknown): number {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  complain(`Cannot run ${command}: ${code}.`);
  return code === "ENOENT" ? NOT_FOUND : NOT_RUNNABLE;
}
