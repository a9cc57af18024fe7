import assert from "node:assert/strict";
import { test } from "node:test";
import { changesBytes, type Faults } from "./faults.ts";

const rows: readonly [Faults, boolean][] = [
  [{}, false],
  [{ latency: 0, jitter: 0, stall: false, refuse: true }, false],
  [{ latency: 1 }, true],
  [{ jitter: 0.5 }, true],
  [{ rate: 1 }, true],
  [{ slice: 1 }, true],
  [{ resetAfter: 0 }, true],
  [{ stall: true }, true],
];

for (const [faults, changes] of rows) {
  const sees = changes ? "sees its bytes" : "is forwarded by the engine";
  test(`a connection with ${JSON.stringify(faults)} ${sees}`, () => {
    assert.equal(changesBytes(faults), changes);
  });
}
