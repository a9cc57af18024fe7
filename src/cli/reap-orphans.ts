import { reap } from "../diagnose/process.ts";
import { isOwnChild } from "./own-children.ts";
import { processStates } from "./process-states.ts";

/**
 * The first process of a container, or of any PID namespace, becomes the parent of orphaned
 * processes, and must wait for them (pid_namespaces(7)): nobody else removes them from the process
 * table. Node waits only for its own children.
 */
export function reapOrphans(): () => void {
  if (process.pid !== 1) return () => {};
  const look = () => {
    for (const { pid, parent, isZombie } of processStates())
      if (isZombie && parent === process.pid && !isOwnChild(pid)) reap(pid);
  };
  process.on("SIGCHLD", look);
  look();
  return () => process.off("SIGCHLD", look);
}
