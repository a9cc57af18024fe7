// The kernel charges the memory of rings to a user, over all processes and threads.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { enginesHere } from "../../../test/engine/engines-here.ts";
import { ringsAreLocked } from "../../../test/engine/locked-rings.ts";
import { haveWorkers } from "../../../test/engine/workers-end.ts";
import { except } from "../../../test/platform.ts";
import { runProgram } from "../../../test/program.ts";

const program = new URL("./locked-memory.child.js", import.meta.url);
const ofNode = except({ bun: "it runs only on Node", deno: "it runs only on Node" });

/** The number of workers that served on each engine. */
function served(kind: "threads" | "processes", count: number, limit: number): Record<string, number> {
  const under = ["prlimit", `--memlock=${limit}`];
  const lines = runProgram(program, { under, args: [kind, `${count}`] })
    .trim()
    .split("\n");
  const counts: Record<string, number> = {};
  for (const line of lines) {
    const [, workers, name = "", reason] = /^(\d+) echo, (\w+): (.*)$/.exec(line) ?? assert.fail(line);
    if (name === "readiness") assert.match(reason ?? "", /failed with ENOMEM: the limit on locked memory/);
    counts[name] = (counts[name] ?? 0) + Number(workers);
  }
  return counts;
}

test("locked memory: every worker serves, with io_uring while memory lasts", ofNode, (context) => {
  const { error } = spawnSync("prlimit", ["--version"]);
  if (error !== undefined || process.getuid?.() !== 0 || enginesHere[0]?.name !== "uring")
    return context.skip("it needs root, prlimit and io_uring");
  if (!haveWorkers("uring", context)) return;
  // The usual limit is 8 MiB: this is less for each than 48 workers have of that.
  assert.deepEqual(served("threads", 12, 1 << 20), { uring: 12 });
  if (!ringsAreLocked(context)) return;
  // Since Node 26, libuv has rings of its own, which count against the same limit.
  const mixed = [160, 320, 480, 640, 960].some((kibibytes) => {
    const { uring = 0, readiness = 0 } = served("processes", 6, kibibytes << 10);
    assert.equal(uring + readiness, 6);
    return uring > 0 && readiness > 0;
  });
  assert.ok(mixed);
});
