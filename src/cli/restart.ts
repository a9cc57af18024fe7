import { spawn } from "node:child_process";
import { once } from "node:events";
import { handOver } from "../net/handoff/hand-over.ts";
import type { ListenerBase } from "../net/listener/listener-base.ts";

/** Set for a process that takes over the sockets of an old one. */
export const HANDED_OVER = "BERKELEY_HANDED_OVER";

/** How many milliseconds the new process may take until it accepts. */
const PATIENCE = 10_000;

/**
 * Starts the command again, and hands the sockets over to it. Resolves when only the new process
 * accepts and this process's connections have ended.
 *
 * @param told the value of the variable `HANDED_OVER` in the new process
 */
export async function restartHandingOver(listener: ListenerBase, told: string): Promise<void> {
  const [program = process.execPath, ...words] = [
    process.execPath,
    ...process.execArgv,
    ...process.argv.slice(1),
  ];
  const child = spawn(program, words, {
    env: { ...process.env, [HANDED_OVER]: told },
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  await once(child, "spawn");
  child.unref();
  await handOver(listener, child, { timeout: PATIENCE, drain: Number.POSITIVE_INFINITY });
}
