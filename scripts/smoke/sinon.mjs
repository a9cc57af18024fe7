// Under the fake timers of sinon, and after them.
import assert from "node:assert/strict";
import sinon from "sinon";
import { roundTrips } from "./round-trips.mjs";

const expected = ["TimeoutError", "ours", "node's"];
const clock = sinon.useFakeTimers();
assert.deepEqual(await roundTrips(), expected);
clock.restore();
assert.deepEqual(await roundTrips(), expected);
