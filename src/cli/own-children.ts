import type { ChildProcess } from "node:child_process";

const running = new Set<number>();

/** Notes a child process of ours, for which Node waits. */
export function noteChild(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  running.add(pid);
  child.once("exit", () => running.delete(pid));
}

/**
 * Whether Node waits for a child of this process; it would miss the end of one that others waited
 * for.
 */
export const isOwnChild = (pid: number): boolean => running.has(pid);
