// Under the fake timers of sinon, and after them.
import assert from "node:assert/strict";
import sinon from "sinon";
import { roundTrips } from "./round-trips.mjs";

const expected = ["TimeoutError", "ours", "node's"];
// node:net itself waits for process.nextTick().
const clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
assert.deepEqual(await roundTrips(), expected);
clock.restore();
assert.deepEqual(await roundTrips(), expected);
