import { readdirSync, readFileSync } from "node:fs";

/** A process's state, from proc_pid_stat(5). */
export interface ProcessState {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Whether it has ended but its parent has not waited for it. */
  readonly isZombie: boolean;
}

/** All processes visible to this one; none if there is no /proc. */
export function processStates(): readonly ProcessState[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => processState(Number(name)) ?? []);
  } catch {
    return [];
  }
}

/** Undefined if it is gone, or there is no /proc. */
export function processState(pid: number): ProcessState | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The program's name, in parentheses, may contain spaces.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    // If only the main thread has ended, the process is still running.
    const isZombie = fields[0] === "Z" && Number(fields[17]) <= 1;
    const [, parent, group, session] = fields.map(Number);
    if (parent === undefined || group === undefined || session === undefined) return undefined;
    return { pid, parent, group, session, isZombie };
  } catch {
    return undefined;
  }
}
