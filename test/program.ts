import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Fixture } from "./fixture.ts";

/** How a program is run. */
export interface ProgramOptions {
  /** The program's arguments. */
  readonly args?: readonly string[];
  /** Options of Node itself. */
  readonly node?: readonly string[];
  /** A command that starts it, such as `["unshare", "--mount"]`. */
  readonly under?: readonly string[];
}

/**
 * Runs a module as a program of its own; fails unless it ends well. What it printed is returned.
 */
export function runProgram(module: URL, options: ProgramOptions = {}): string {
  const { args = [], node = [], under = [] } = options;
  const [command = "", ...rest] = [...under, process.execPath, ...node, fileURLToPath(module), ...args];
  const run = spawnSync(command, rest, { encoding: "utf8", timeout: 60_000 });
  assert.equal(run.status, 0, `${run.error?.message ?? ""}${run.signal ?? ""}\n${run.stdout}${run.stderr}`);
  return run.stdout;
}

/** How a program ended. */
export interface Ending {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the source text of a module as a program of its own, from a file: Bun and Deno take none
 * from the command line as Node does.
 */
export function runSource(source: string): Ending {
  const folder = mkdtempSync(join(tmpdir(), "berkeley-"));
  try {
    const file = join(folder, "program.mjs");
    writeFileSync(file, source);
    const run = spawnSync(process.execPath, [file], { encoding: "utf8", timeout: 120_000 });
    const { status, signal, stdout, stderr } = run;
    return { status, signal, stdout, stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The same with at most so many open descriptors (RLIMIT_NOFILE). */
export function runWithDescriptors(limit: number, module: URL, args: readonly string[] = []): string {
  return runProgram(module, { args, under: ["sh", "-c", `ulimit -n ${limit} && exec "$@"`, "sh"] });
}

/**
 * Runs a module in a mount namespace of its own, which ends with it; skips, with the reason, where
 * the process may not make one.
 */
export function inMountNamespace(fixture: Fixture, module: URL): void {
  const probe = spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], {
    encoding: "utf8",
  });
  if (probe.status !== 0) {
    fixture.skip(`a mount namespace cannot be made: ${probe.error?.message ?? probe.stderr.trim()}`);
    return;
  }
  runProgram(module, { under: ["unshare", "--mount"], args: [fixture.folder()] });
}
