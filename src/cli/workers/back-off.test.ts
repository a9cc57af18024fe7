import assert from "node:assert/strict";
import { test } from "node:test";
import { BackOff } from "./back-off.ts";

test("back-off: 0.1 s after a crash at the start, then longer delays, up to 15 s", () => {
  const backOff = new BackOff();
  const pauses = Array.from({ length: 12 }, () => backOff.next(0));
  assert.deepEqual(pauses, [100, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000, 15_000]);
  // A crash soon after becoming ready counts like a crash at the start.
  assert.equal(backOff.next(999), 15_000);
});

test("back-off: none once a worker has served for a second, and the delays start over", () => {
  const backOff = new BackOff();
  for (let crash = 0; crash < 8; crash++) backOff.next(0);
  assert.deepEqual([backOff.next(1000), backOff.next(1000)], [0, 0]);
  assert.deepEqual([backOff.next(0), backOff.next(0), backOff.next(0)], [100, 200, 400]);
});
