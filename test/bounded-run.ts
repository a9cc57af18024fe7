import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A program, and how long it may run. */
export interface BoundedProgram {
  readonly command: readonly [program: string, ...args: string[]];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** In milliseconds. */
  readonly timeout: number;
}

/**
 * Its exit status, and the output of it and its children. The status is null if a signal ended it.
 */
export interface BoundedEnd {
  readonly status: number | null;
  readonly output: string;
}

/**
 * Runs a program until it exits or its time is up, and then kills everything it started. Neither a
 * child left behind nor one that outlives its SIGKILL delays this: their output goes to a file,
 * since a pipe only ends with its last writer.
 */
export async function runBounded({ command, timeout, ...options }: BoundedProgram): Promise<BoundedEnd> {
  const folder = mkdtempSync(join(tmpdir(), "berkeley-run-"));
  const file = join(folder, "output");
  const descriptor = openSync(file, "w");
  const [program, ...args] = command;
  // A separate session, and so a process group, which identifies everything that it starts.
  const child = spawn(program, args, {
    ...options,
    detached: true,
    stdio: ["ignore", descriptor, descriptor],
  });
  closeSync(descriptor);
  const atExit = () => killGroup(child);
  process.once("exit", atExit);
  let late = "";
  const timer = setTimeout(() => {
    late = `\nit took more than ${timeout / 1000} s; what ran then:\n${processesOf(child)}`;
    killGroup(child);
  }, timeout);
  try {
    await once(child, "exit");
    return { status: child.exitCode, output: readFileSync(file, "utf8") + late };
  } finally {
    clearTimeout(timer);
    process.off("exit", atExit);
    killGroup(child);
    rmSync(folder, { recursive: true });
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // No process is left (ESRCH).
  }
}

/**
 * The processes of its session, and the kernel function in which each waits, which shows where a
 * test hangs.
 */
function processesOf({ pid }: ChildProcess): string {
  const columns = "pid,ppid,stat,etime,wchan:24,args";
  return spawnSync("ps", ["-ww", "-o", columns, "-s", String(pid)], { encoding: "utf8" }).stdout ?? "";
}
