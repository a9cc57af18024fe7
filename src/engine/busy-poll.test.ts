import assert from "node:assert/strict";
import { test } from "node:test";
import { machineClock } from "../clock/machine-clock.ts";
import { BusyPoll } from "./busy-poll.ts";

/** A clock that advances by ten microseconds each time it is read. */
function stepping() {
  let now = 0;
  return { ...machineClock, now: () => (now += 0.01) };
}

test("busy poll: polls only after activity, in slices, until something is found", () => {
  const busyPoll = new BusyPoll(stepping());
  busyPoll.active();
  assert.ok(!busyPoll.isDue && !busyPoll.isOn);
  busyPoll.start(1000);
  busyPoll.start(10);
  assert.ok(busyPoll.isOn && !busyPoll.isDue);
  busyPoll.active();
  assert.ok(busyPoll.isDue);
  let looked = 0;
  assert.ok(!busyPoll.poll(() => ++looked > 1000));
  assert.equal(looked, 2);
  assert.ok(busyPoll.poll(() => ++looked > 2));
  assert.equal(looked, 3);
  assert.ok(busyPoll.isDue);
  busyPoll.stop();
  assert.ok(!busyPoll.isOn && !busyPoll.isDue);
});
