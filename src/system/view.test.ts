import assert from "node:assert/strict";
import { test } from "node:test";
import { copyOf } from "./view.ts";

for (const length of [0, 1, 4095, 4096, 16_384, 100_000])
  test(`copyOf() copies ${length} bytes to memory of their own`, () => {
    const bytes = new Uint8Array(length + 10).map((_, at) => at * 7).subarray(10);
    const copy = copyOf(bytes);
    assert.deepEqual(copy, new Uint8Array(bytes));
    assert.equal(Object.getPrototypeOf(copy), Uint8Array.prototype);
    assert.deepEqual([copy.byteOffset, copy.buffer.byteLength], [0, length]);
    bytes.fill(0xff);
    if (length > 0) assert.notEqual(copy[0], 0xff);
  });

test("copyOf() throws where the bytes are detached", () => {
  const bytes = new Uint8Array(8192);
  structuredClone(bytes, { transfer: [bytes.buffer] });
  assert.throws(() => copyOf(bytes), TypeError);
});
