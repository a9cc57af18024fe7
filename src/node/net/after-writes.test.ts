import assert from "node:assert/strict";
import { test } from "node:test";
import { machineClock } from "../../clock/machine-clock.ts";
import { afterWrites } from "./after-writes.ts";

/** A connection with many unsent bytes, and the turns until it is notified of the peer's end. */
async function turnsUntilEnd(sendIn: (turn: number) => number): Promise<number> {
  let turn = 0;
  const connection = {
    bytesWritten: 100,
    pendingBytes: 100,
    get isWriting() {
      return this.pendingBytes > 0;
    },
    system: {
      clock: {
        ...machineClock,
        setImmediate: (call: () => void) =>
          machineClock.setImmediate(() => {
            turn += 1;
            connection.pendingBytes -= sendIn(turn);
            call();
          }),
      },
    },
  };
  await new Promise<void>((resolve) => afterWrites(connection, resolve));
  return turn;
}

test("the peer's end waits while the system takes what was written", async () => {
  assert.equal(await turnsUntilEnd(() => 20), 5);
  assert.equal(await turnsUntilEnd((turn) => (turn % 3 === 0 ? 25 : 0)), 12);
});

test("the peer's end comes when the system has no room, or nothing waits", async () => {
  assert.equal(await turnsUntilEnd(() => 0), 3);
  assert.equal(await turnsUntilEnd((turn) => (turn < 3 ? 20 : 0)), 5);
  assert.equal(await turnsUntilEnd(() => 100), 1);
});
