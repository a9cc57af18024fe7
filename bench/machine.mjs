// Benchmarks' access to the host: a compiler, processors to pin programs to, and a description.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { cpus, release, type } from "node:os";
import { dirname, join } from "node:path";
import { root } from "../scripts/install-and-build.mjs";

const compiler = process.env.CC ?? "cc";

/**
 * Compiles a C source file; returns the program's path, or undefined, after printing the reason, if
 * that fails. `options` are the compiler's.
 */
export function compiled(source, name, options = []) {
  const program = join(root, ".cache", name);
  mkdirSync(dirname(program), { recursive: true });
  const { status, error } = spawnSync(compiler, ["-O2", "-pthread", "-o", program, source, ...options], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status === 0) return program;
  console.error(`no C to compare with: ${error?.message ?? `${compiler} failed`}`);
  return undefined;
}

/** The start of a report: when, and on what. */
export function description() {
  return {
    date: new Date().toISOString(),
    machine: `${cpus().length} × ${cpus()[0]?.model.trim()}`,
    system: `${type()} ${release()}`,
    compiler: succeeds(compiler, ["--version"]) ? firstLine(compiler, ["--version"]) : null,
  };
}

/** The processors that this process may run on: `Cpus_allowed_list: 0-1,4`. */
export function processors() {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
  return list.split(",").flatMap((range) => {
    const [first, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** A command that runs on one processor, if taskset is available. */
export function pinned(command, processor) {
  return succeeds("taskset", ["--version"]) ? ["taskset", "-c", `${processor}`, ...command] : command;
}

export function firstLine(command, args) {
  return execFileSync(command, args, { encoding: "utf8" }).split("\n")[0];
}

function succeeds(command, args) {
  return spawnSync(command, args).status === 0;
}
