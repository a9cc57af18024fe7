import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Fixture } from "./fixture.ts";

/** How to run a program. */
export interface ProgramOptions {
  /** The program's arguments. */
  readonly args?: readonly string[];
  /** Options of Node itself. */
  readonly node?: readonly string[];
  /** A command that starts it, such as `["unshare", "--mount"]`. */
  readonly under?: readonly string[];
}

/** Runs a module as a program; fails unless it exits successfully. Returns its output. */
export function runProgram(module: URL, options: ProgramOptions = {}): string {
  const { args = [], node = [], under = [] } = options;
  const [command = "", ...rest] = [...under, process.execPath, ...node, fileURLToPath(module), ...args];
  const run = spawnSync(command, rest, { encoding: "utf8", timeout: 60_000 });
  assert.equal(run.status, 0, `${run.error?.message ?? ""}${run.signal ?? ""}\n${run.stdout}${run.stderr}`);
  return run.stdout;
}

/** The command that runs a program with injected failures (strace(1)): `connect:error=EACCES`. */
export function injecting(...injections: readonly string[]): string[] {
  const calls = injections.map((each) => each.slice(0, each.indexOf(":"))).join();
  const options = injections.flatMap((each) => ["-e", `inject=${each}`]);
  return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", `trace=${calls}`, ...options];
}

/** The outcome of a program. */
export interface Ending {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the source text of a module as a program, from a file: unlike Node, Bun and Deno take none
 * from the command line.
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

/** The same with a limit on open descriptors (RLIMIT_NOFILE). */
export function runWithDescriptors(limit: number, module: URL, args: readonly string[] = []): string {
  return runProgram(module, { args, under: ["sh", "-c", `ulimit -n ${limit} && exec "$@"`, "sh"] });
}

/**
 * Runs a module in its own mount namespace, which ends with it; skips, with the reason, if the
 * process may not create one.
 */
export function inMountNamespace(fixture: Fixture, module: URL): void {
  const probe = spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], {
    encoding: "utf8",
  });
  if (probe.status !== 0) {
    fixture.skip(`cannot create a mount namespace: ${probe.error?.message ?? probe.stderr.trim()}`);
    return;
  }
  runProgram(module, { under: ["unshare", "--mount"], args: [fixture.folder()] });
}
