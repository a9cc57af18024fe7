import assert from "node:assert/strict";
import { test } from "node:test";
import { storeAndRetry } from "./store-and-retry.ts";

// `npm run seeds` runs more of them.

const SEEDS = Number(process.env.SEEDS ?? 50);
const FIRST = Number(process.env.FIRST_SEED ?? 1);
const acknowledgesFirst = process.env.PLANTED_BUG === "1";

test(`${SEEDS} seeds lose no record, and give the same trace twice`, async () => {
  for (let seed = FIRST; seed < FIRST + SEEDS; seed += 1) {
    const once = await storeAndRetry(seed, { acknowledgesFirst });
    assert.equal(await storeAndRetry(seed, { acknowledgesFirst }), once, `seed ${seed}`);
  }
});

test("a seed finds a server that acknowledges before it writes", async () => {
  const find = async () => {
    for (let seed = 1; seed <= 1_000; seed += 1) await storeAndRetry(seed, { acknowledgesFirst: true });
  };
  await assert.rejects(find, /is not stored\n\(simulated with seed \d+/);
});
