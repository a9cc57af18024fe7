import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Random } from "./random.ts";
import { VirtualClock } from "./virtual-clock.ts";

test("events happen in the order of their time, and then of their scheduling", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), (times) => {
      const clock = new VirtualClock();
      const happened: [at: number, index: number][] = [];
      times.forEach((at, index) => {
        clock.schedule(at, () => happened.push([clock.now, index]));
      });
      while (clock.runNext());
      const wanted = times
        .map((at, index): [number, number] => [at, index])
        .sort(([one, first], [other, second]) => one - other || first - second);
      assert.deepEqual(happened, wanted);
    }),
  );
});

test("starting, restarting and stopping timers leaves the others in order", () => {
  const step = fc.record({ timer: fc.nat(7), at: fc.option(fc.nat(50), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const clock = new VirtualClock();
      const happened: number[] = [];
      const timers = Array.from({ length: 8 }, (_, index) => clock.timer(() => happened.push(index)));
      const due = new Map<number, { at: number; order: number }>();
      steps.forEach(({ timer, at }, order) => {
        if (at === undefined) {
          timers[timer]?.stop();
          due.delete(timer);
        } else {
          timers[timer]?.startAt(at);
          due.set(timer, { at, order });
        }
      });
      assert.equal(clock.pending, due.size);
      while (clock.runNext());
      const wanted = [...due].sort(([, one], [, other]) => one.at - other.at || one.order - other.order);
      assert.deepEqual(
        happened,
        wanted.map(([timer]) => timer),
      );
    }),
  );
});

test("advanceTo() includes its moment, and events that become due on the way", () => {
  const clock = new VirtualClock();
  const happened: number[] = [];
  const timer = clock.timer(() => {
    happened.push(clock.now);
    timer.startIn(10);
  });
  timer.startAt(10);
  clock.advanceTo(30);
  assert.deepEqual(happened, [10, 20, 30]);
  assert.equal(clock.now, 30);
  assert.equal(timer.at, 40);
});

test("an event in the past happens now", () => {
  const clock = new VirtualClock();
  clock.advanceTo(100);
  clock.schedule(5, () => {});
  assert.equal(clock.nextAt, 100);
});

test("random numbers depend on the seed and the purpose, and on nothing else", () => {
  const draw = (seed: number | string, purpose: string) => {
    const random = new Random(seed, purpose);
    return Array.from({ length: 5 }, () => random.uint32());
  };
  assert.deepEqual(draw(1, "loss"), draw(1, "loss"));
  assert.notDeepEqual(draw(1, "loss"), draw(2, "loss"));
  assert.notDeepEqual(draw(1, "loss"), draw(1, "jitter"));
  // So that a change of the generator is noticed: it changes every recorded seed.
  assert.deepEqual(draw(42, "test"), EXPECTED);
});

const EXPECTED = [3_310_216_681, 3_510_312_328, 104_964_657, 2_967_655_493, 505_883_459];

test("random numbers are even", () => {
  const random = new Random(7, "even");
  const buckets = new Array<number>(10).fill(0);
  for (let count = 0; count < 100_000; count += 1) {
    const bucket = random.below(10);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  // Five standard deviations of a binomial distribution.
  assert.ok(
    buckets.every((count) => Math.abs(count - 10_000) < 5 * Math.sqrt(9_000)),
    String(buckets),
  );
  assert.equal(random.chance(0), false);
  assert.equal(random.chance(1), true);
});
