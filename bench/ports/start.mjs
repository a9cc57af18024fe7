// How the port benchmarks run programs: to the end, timed, or in their own network namespace.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

/** The command that runs one of this folder's programs. */
export const program = (name, ...args) => [process.execPath, join(here, name), ...args.map(String)];

/** A program's output, as JSON. */
export function answerOf([command, ...args]) {
  return JSON.parse(execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }));
}

/**
 * Runs a command to its end, which must have this status; returns microseconds by the clock and by
 * the processor (bash's `time`).
 */
export function timed(command, expected) {
  const { status, stderr, error } = spawnSync(
    "bash",
    ["-c", 'TIMEFORMAT="%3R %3U %3S"; time "$@" >/dev/null 2>&1', "bash", ...command],
    { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } },
  );
  if (error !== undefined) throw error;
  if (status !== expected) throw new Error(`${command.join(" ")} ended with status ${status}`);
  const [real, user, system] = stderr.trim().split(" ").map(Number);
  return { wall: real * 1e6, cpu: (user + system) * 1e6 };
}

/** A program that reads and answers JSON objects, one per line. It ends with its standard input. */
export function conversation([command, ...args]) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const closed = once(child, "close");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async answer() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${args[0]} has ended`);
      return JSON.parse(value);
    },
    tell: (words) => child.stdin.write(`${JSON.stringify(words)}\n`),
    async end() {
      child.stdin.end();
      await closed;
    },
  };
}
