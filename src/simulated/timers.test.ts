import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { test } from "node:test";
import timers from "node:timers";
import timersPromises, {
  setTimeout as delay,
  setInterval as everyFew,
  setImmediate as immediately,
  scheduler,
} from "node:timers/promises";
import { promisify } from "node:util";
import { except } from "../../test/platform.ts";
import { simulate } from "./index.ts";

const real = {
  setTimeout: globalThis.setTimeout,
  setInterval: globalThis.setInterval,
  setImmediate: globalThis.setImmediate,
  clearTimeout: globalThis.clearTimeout,
  Date: globalThis.Date,
  now: Date.now,
  performance: performance.now,
  hrtime: process.hrtime,
  random: Math.random,
  timeout: AbortSignal.timeout,
};

const imported = "what was imported by name from node:timers/promises stays real";
const onNode = except({ bun: imported, deno: imported });

function assertReal(): void {
  assert.equal(globalThis.setTimeout, real.setTimeout);
  assert.equal(timers.setTimeout, real.setTimeout);
  assert.equal(globalThis.setInterval, real.setInterval);
  assert.equal(globalThis.setImmediate, real.setImmediate);
  assert.equal(globalThis.clearTimeout, real.clearTimeout);
  assert.equal(globalThis.Date, real.Date);
  assert.equal(new Date().constructor, real.Date);
  assert.equal(Date.now, real.now);
  assert.equal(performance.now, real.performance);
  assert.equal(process.hrtime, real.hrtime);
  assert.equal(Math.random, real.random);
  assert.equal(AbortSignal.timeout, real.timeout);
}

test("an hour of a program's timers takes no time, and every clock agrees", onNode, async () => {
  const began = performance.now();
  const order: string[] = [];
  await simulate({ seed: 1 }, async (network) => {
    const date = Date.now();
    const hrtime = process.hrtime.bigint();
    const [seconds] = process.hrtime();
    setTimeout(() => order.push(`an hour: ${network.time}`), 3_600_000);
    const interval = setInterval(() => order.push(`interval: ${network.time}`), 1_200_000);
    setImmediate((text: string) => order.push(text), "immediate");
    await delay(10);
    order.push(`timers/promises: ${network.time}`);
    await promisify(setTimeout)(10);
    await scheduler.wait(10);
    await immediately();
    await delay(3_600_000);
    clearInterval(interval);
    assert.equal(Date.now() - date, 3_600_030);
    assert.equal(new Date().toISOString(), "2000-01-01T01:00:00.030Z");
    assert.equal(performance.now(), network.time);
    assert.equal(process.hrtime.bigint() - hrtime, 3_600_030_000_000n);
    assert.deepEqual(process.hrtime([seconds, 0]), [3600, 30_000_000]);
    assert.equal(process.uptime(), 3600.03);
    assert.equal(new Date(0).getTime(), 0);
    assert.ok(new Date() instanceof Date && new Date().constructor === Date);
  });
  assert.deepEqual(order, [
    "immediate",
    "timers/promises: 10",
    "interval: 1200000",
    "interval: 2400000",
    "an hour: 3600000",
    "interval: 3600000",
  ]);
  assert.ok(performance.now() - began < 60_000);
  assertReal();
});

test("timers are Node's: refresh, unref, numbers, arguments, bad callbacks", onNode, async () => {
  await simulate({ seed: 1 }, async (network) => {
    const fired: unknown[] = [];
    const refreshed = setTimeout((...args) => fired.push([network.time, ...args]), 100, "a", 2);
    await delay(60);
    refreshed.refresh();
    const byNumber = setTimeout(() => fired.push("cleared by its number"), 10);
    clearTimeout(Number(byNumber));
    const byText = setTimeout(() => fired.push("cleared by its text"), 10);
    clearTimeout(`${byText}`);
    const closed = setTimeout(() => fired.push("closed"), 10).unref();
    assert.equal(closed.hasRef(), false);
    closed.close();
    closed.refresh();
    clearTimeout(undefined);
    await delay(200);
    assert.deepEqual(fired, [[160, "a", 2]]);
    assert.throws(() => setTimeout("text" as never, 1), { code: "ERR_INVALID_ARG_TYPE" });
  });
});

test("timers/promises: an interval yields as often as it is due, and signals end waits", onNode, async () => {
  await simulate({ seed: 1 }, async (network) => {
    const times: number[] = [];
    for await (const value of everyFew(50, "tick")) {
      assert.equal(value, "tick");
      times.push(network.time);
      if (times.length === 3) break;
    }
    assert.deepEqual(times, [50, 100, 150]);
    const reason = new Error("enough");
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 5);
    await assert.rejects(delay(1000, undefined, { signal: controller.signal }), {
      name: "AbortError",
      code: "ABORT_ERR",
      cause: reason,
    });
    assert.equal(network.time, 155);
    const signal = AbortSignal.timeout(5000);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    assert.equal(network.time, 5155);
    assert.equal(signal.reason.name, "TimeoutError");
  });
});

test("every faked callback keeps its caller's AsyncLocalStorage context", async () => {
  const storage = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const see = () => seen.push(storage.getStore());
  await simulate({ seed: 1 }, async (network) => {
    await storage.run("one", async () => {
      setTimeout(see, 10);
      setImmediate(see);
      const interval = setInterval(() => {
        see();
        clearInterval(interval);
      }, 20);
      process.nextTick(see);
      queueMicrotask(see);
      await timersPromises.setTimeout(30);
      see();
      network.host("h").run(see);
    });
    storage.run("two", () => setTimeout(see, 5));
    storage.run("three", () => network.host("other").run(() => setTimeout(see, 6)));
    await network.advance(10);
  });
  assert.deepEqual(seen, ["one", "one", "one", "one", "one", "one", "one", "two", "three"]);
});

test("code outside of the simulation keeps real timers meanwhile", onNode, async () => {
  const leave = AsyncLocalStorage.snapshot();
  const fired = await simulate({ seed: 1 }, async (network) => {
    assert.equal(setTimeout(() => {}, 1).constructor.name, "ProgramTimer");
    const began = Date.now();
    let fired = false;
    leave(() => {
      assert.ok(Date.now() > began + 86_400_000, "its calendar is real");
      const timer = setTimeout(() => {
        fired = true;
      }, 1);
      assert.equal(timer.constructor.name, "Timeout");
    });
    // One virtual day passes in each step until the real timer has fired.
    await Promise.all([network.until(() => fired), everyDay(() => fired)]);
    return fired;
  });
  assert.ok(fired);
});

async function everyDay(isOver: () => boolean): Promise<void> {
  while (!isOver()) await delay(86_400_000);
}

test("everything is restored after a failure, and the message names the seed", async () => {
  const failure = Object.assign(new Error("broken"), { code: "EBROKEN" });
  await assert.rejects(
    simulate({ seed: 7 }, async () => {
      await delay(10);
      throw failure;
    }),
    (error) => {
      assert.equal(error, failure);
      assert.match(
        failure.message,
        /^broken\n\(simulated with seed 7: simulate\(\{ seed: 7 \}, …\) repeats it\)/,
      );
      assert.match(failure.stack ?? "", /^Error: broken\n\(simulated with seed 7/);
      return true;
    },
  );
  assertReal();
  await assert.rejects(
    simulate({ seed: 8 }, async () => {
      setTimeout(() => {
        throw new Error("in a timer");
      }, 10);
      await delay(20);
    }),
    /^Error: in a timer\n\(simulated with seed 8/,
  );
  assertReal();
});

test("a stuck simulation says who waits for what", async () => {
  await assert.rejects(
    simulate({ seed: 1 }, async (network) => {
      const host = network.host("lonely");
      const socket = await host.udp({ port: 53 });
      await socket.receive();
    }),
    {
      name: "StuckError",
      message: /^stuck at 0 ns: everyone waits, and nothing is due\nlonely waits for udp :::53/,
    },
  );
  assertReal();
});

test("timers that fire forever without a packet are reported", async () => {
  await assert.rejects(
    simulate({ seed: 1, idleTimers: 1000 }, async () => {
      setInterval(() => {}, 10);
      await new Promise(() => {});
    }),
    { name: "StuckError", message: /^stuck at 10\.01 s: the last 1000 timers and handlers sent no packet/ },
  );
  await assert.rejects(
    simulate({ seed: 1, idleTimers: 1000 }, async () => {
      const again = () => void setImmediate(again);
      again();
      await new Promise(() => {});
    }),
    { name: "StuckError", message: /^stuck at 0 ns: the last 1000 timers/ },
  );
});

test("until() checks its predicate after each event", async () => {
  await simulate({ seed: 1 }, async (network) => {
    let count = 0;
    const interval = setInterval(() => {
      count += 1;
    }, 10);
    await network.until(() => count === 5);
    assert.equal(network.time, 50);
    await assert.rejects(
      network.until(() => {
        throw new Error("bad predicate");
      }),
      /bad predicate/,
    );
    await network.advance("1s");
    assert.equal(count, 105);
    clearInterval(interval);
  });
});

test("the functions of node:timers/promises are virtual on every runtime, unless imported by name", async () => {
  await simulate({ seed: 1 }, async (network) => {
    await timersPromises.setTimeout(3_600_000);
    await timersPromises.setImmediate();
    await timersPromises.scheduler.wait(10);
    assert.equal(network.time, 3_600_010);
    const times: number[] = [];
    for await (const value of timersPromises.setInterval(50, "tick")) {
      assert.equal(value, "tick");
      if (times.push(network.time) === 3) break;
    }
    assert.deepEqual(times, [3_600_060, 3_600_110, 3_600_160]);
    setTimeout(() => times.push(network.time), 40);
    await timersPromises.setTimeout(41);
    assert.equal(Date.now(), 946_684_800_000 + 3_600_201);
    assert.equal(times[3], 3_600_200);
  });
});
