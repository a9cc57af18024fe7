import assert from "node:assert/strict";
import { test } from "node:test";
import { onBerkeley } from "./column.ts";
import { Program } from "./program.ts";

const skip = onBerkeley ? false : "Node alone has no simulated hosts";

test("express, fetch, undici, ws, ioredis and pg on simulated hosts", {
  skip,
  timeout: 240_000,
}, async () => {
  const runs: string[] = [];
  // In separate processes, since state that libraries keep, such as connections, is not seeded.
  for (let run = 0; run < 2; run += 1) {
    await using program = new Program("simulated.mjs", { engine: "readiness" });
    const [told] = await program.prints(/^express[\s\S]*^done$/m);
    await program.finishes();
    runs.push(told);
  }
  assert.equal(runs[1], runs[0]);
});
