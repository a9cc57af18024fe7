import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { setTimeout } from "node:timers/promises";
import { type BoundedEnd, runBounded } from "./bounded-run.ts";

/**
 * Runs a shell script that prints the number of a background process as its first line; returns
 * that number too.
 */
async function runScript(script: string, timeout = 60_000): Promise<BoundedEnd & { background: number }> {
  const end = await runBounded({ command: ["sh", "-c", script], timeout });
  return { ...end, background: Number.parseInt(end.output, 10) };
}

/**
 * Waits until a process has ended: SIGKILL is on its way to it. It stays a zombie if nothing ever
 * waits for it.
 */
async function gone(pid: number): Promise<void> {
  assert.ok(pid > 0);
  while (isRunning(pid)) await setTimeout(1);
}

/** The state comes after the program's name in parentheses (proc_pid_stat(5)). */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

test("returns the status and the output of both streams", async () => {
  const end = await runBounded({ command: ["sh", "-c", "echo one; echo two >&2; exit 3"], timeout: 60_000 });
  assert.deepEqual(end, { status: 3, output: "one\ntwo\n" });
});

test("a child left behind with the output does not hold it up, and is killed", async () => {
  const { status, background } = await runScript("sleep 1000 & echo $!");
  assert.equal(status, 0);
  await gone(background);
});

test("a run that takes too long is killed with its children, and reported", async () => {
  const { status, output, background } = await runScript("sleep 1000 & echo $!; wait", 500);
  assert.equal(status, null);
  assert.match(output, /it took more than 0\.5 s; what ran then:/);
  assert.match(output, /sleep 1000/);
  await gone(background);
});

test("a program that does not exist is an error", async () => {
  await assert.rejects(runBounded({ command: ["/nonexistent/program"], timeout: 60_000 }), {
    code: "ENOENT",
  });
});
