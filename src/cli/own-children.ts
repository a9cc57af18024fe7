import type { ChildProcess } from "node:child_process";

const running = new Set<number>();

/** Records a child process of ours, for which Node waits. */
export function noteChild(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  running.add(pid);
  child.once("exit", () => running.delete(pid));
}

/**
 * Whether Node waits for this child. If we waited for it, Node would never learn that it has ended.
 */
export const isOwnChild = (pid: number): boolean => running.has(pid);
