// Many bytes both ways at once. For a gibibyte: npm run soak:bytes
import assert from "node:assert/strict";
import { asyncApiTest } from "../../../test/engine/async-api.ts";
import { runProgram } from "../../../test/program.ts";

const SIZE = 64 << 20;

asyncApiTest("transfer: 64 MiB each way, in pieces, with slow readers, arrive as sent", (engine) => {
  const program = new URL("./transfer.child.js", import.meta.url);
  const { bytes, mostPending, mostResident } = JSON.parse(runProgram(program, { args: [engine, `${SIZE}`] }));
  assert.equal(bytes, SIZE);
  // A write may exceed the 64 KiB from which it says to wait by 200 000 bytes.
  assert.ok(mostPending < 300_000, `${mostPending} bytes were pending`);
  assert.ok(mostResident < 400 * 2 ** 20, `${mostResident} bytes were resident`);
  return Promise.resolve();
});
