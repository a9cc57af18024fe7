import assert from "node:assert/strict";
import { test } from "node:test";
import { machineClock } from "../../clock/machine-clock.ts";
import { type Deadline, Deadlines } from "./deadlines.ts";

/** The timer of Deadlines does not keep the process running; the object with the deadline does. */
function running<Result>(start: (done: (result: Result) => void) => void): Promise<Result> {
  const hold = machineClock.setInterval(() => {}, 1000);
  return new Promise<Result>(start).finally(() => machineClock.clearInterval(hold));
}

/** Calls back when the deadline passes. */
class Noted implements Deadline {
  due = 0;
  previous: Deadline | undefined = undefined;
  next: Deadline | undefined = undefined;
  readonly onDue: () => void;

  constructor(onDue: () => void) {
    this.onDue = onDue;
  }
}

test("deadlines: those not removed expire in order, wherever the removed ones were", async () => {
  for (const removed of [[], [0], [1], [4], [0, 1], [3, 4], [2, 0], [1, 1, 3], [0, 1, 2, 3]]) {
    const told: number[] = [];
    const kept = [0, 1, 2, 3, 4].filter((index) => !removed.includes(index));
    await running<void>((resolve) => {
      const deadlines = new Deadlines(machineClock, 5);
      const all = [0, 1, 2, 3, 4].map((index) => {
        const noted = new Noted(() => {
          told.push(index);
          if (told.length === kept.length) resolve();
        });
        deadlines.add(noted);
        return noted;
      });
      for (const index of removed) {
        const noted = all[index];
        if (noted !== undefined) deadlines.remove(noted);
      }
    });
    assert.deepEqual(told, kept, `without ${removed}`);
  }
});

test("deadlines: one added after all others are gone expires, too", async () => {
  const deadlines = new Deadlines(machineClock, 2);
  const ended = () =>
    running<void>((resolve) => {
      const removed = new Noted(() => assert.fail("it was removed"));
      deadlines.add(removed);
      deadlines.remove(removed);
      deadlines.add(new Noted(resolve));
    });
  await ended();
  await ended();
  new Deadlines(machineClock, Number.POSITIVE_INFINITY).add(new Noted(() => assert.fail("it never ends")));
});
