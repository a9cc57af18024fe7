import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, listen } from "../index.ts";
import { type SimulatedNetwork, simulate } from "./index.ts";

function two(network: SimulatedNetwork) {
  return [network.host("one"), network.host("other")] as const;
}

/** Connects while a rule decides, with a short timeout. */
const connecting = (rule: unknown) =>
  simulate({ seed: 1 }, async (network) => {
    const [one, other] = two(network);
    await one.run(() => listen({ port: 80 }, { data() {} }));
    Reflect.apply(network.rule, network, [rule]);
    await other.run(() => connect({ host: "one", port: 80, timeout: 5_000 })).catch(() => {});
  });

test("an exception in a rule fails the simulation, whichever code sent the packet", async () => {
  await assert.rejects(
    connecting(() => {
      throw new Error("the rule is broken");
    }),
    /^Error: the rule is broken\n/,
  );
});

test("a rule that returns something other than a fate fails the simulation", async () => {
  const fates: readonly (readonly [fate: unknown, message: RegExp])[] = [
    ["lose", /^TypeError: a rule must return "deliver", .+, not "lose"\n/],
    [true, /not boolean\n/],
    [null, /not null\n/],
    [{}, /not Object\n/],
    [Promise.resolve("drop"), /not a promise\n/],
    [{ delay: "soon" }, /^RangeError: delay must be a time such as "20ms" or 20, not "soon"\n/],
    [{ instead: "nothing" }, /not Object\n/],
  ];
  for (const [fate, message] of fates)
    await assert.rejects(
      connecting(() => fate),
      message,
    );
});

test("rejects rules that are not functions, and hosts that do not exist", () =>
  simulate({ seed: 1 }, (network) => {
    const [one] = two(network);
    const call = (name: string, ...given: unknown[]) =>
      void Reflect.apply(Reflect.get(network, name), network, given);
    assert.throws(() => call("rule", "drop"), /^TypeError: rule must be a function, not string$/);
    for (const name of ["partition", "heal", "hold", "release"]) {
      assert.throws(() => call(name, one, {}), /^TypeError: a host must be given as itself or by its name/);
      assert.throws(() => call(name, one, 5), /^TypeError: a host must be given as itself or by its name/);
      assert.throws(() => call(name, one, "othr"), /^RangeError: there is no host "othr"$/);
      assert.throws(() => call(name, [one, "othr"], "other"), /^RangeError: there is no host "othr"$/);
    }
    assert.throws(() => call("partition", one), /^TypeError: a host must be given/);
    assert.throws(
      () => call("host", ""),
      /^TypeError: the name of a host must be a string that is not empty/,
    );
    assert.throws(() => call("host", 7), /^TypeError: the name of a host must be a string that is not empty/);
    assert.throws(() => call("until", true), /^TypeError: predicate must be a function, not boolean$/);
  }));

test("a clock cannot stand still, or run backwards", () =>
  simulate({ seed: 1 }, (network) => {
    const [one] = two(network);
    for (const rate of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      assert.throws(() => one.skew({ rate }), /^RangeError: rate must be a positive number, not /);
    assert.throws(
      () => one.skew({ offset: Number.NaN }),
      /^RangeError: offset must be a number of milliseconds/,
    );
    one.skew({ offset: -60_000, rate: 0.5 });
  }));

test("a seed is a number or a text, so that its message can repeat the run", async () => {
  for (const seed of [Number.NaN, Number.POSITIVE_INFINITY, 10n, null, {}])
    await assert.rejects(
      Reflect.apply(simulate, undefined, [{ seed }, () => {}]),
      /^TypeError: seed must be a finite number or a string, not /,
    );
  assert.equal(await simulate({ seed: "text" }, () => 1), 1);
});

test("the report of a stuck simulation says if nothing waits for the network, and who waits in until()", async () => {
  await assert.rejects(
    simulate({ seed: 1 }, () => new Promise(() => {})),
    /^StuckError: stuck at 0 ns: everyone waits, and nothing is due\nno host waits for anything: the program waits for something else\n\(/,
  );
  await assert.rejects(
    simulate({ seed: 1 }, (network) => network.until(() => false)),
    /nothing is due\nthe program waits in until\(\)\n\(/,
  );
  await assert.rejects(
    simulate({ seed: 1, idleTimers: 50 }, async () => {
      setInterval(() => {}, 1_000);
      await new Promise(() => {});
    }),
    /raise idleTimers if that is right\nno host waits for anything: the program waits for something else\n\(/,
  );
});

test("a failure ends with the last packets, and not with the end of the hosts", async () => {
  await assert.rejects(
    simulate({ seed: 1 }, async (network) => {
      const hosts = Array.from({ length: 20 }, (_, index) => network.host(`host${index}`));
      await hosts[0]?.connect({ host: "host1", port: 80 });
    }),
    ({ message }: Error) => {
      assert.match(message, / host0 > host1: .+ tcp S /);
      assert.doesNotMatch(message, /crashed/);
      return true;
    },
  );
});

test("a network that is used after its simulation ended says so", async () => {
  const network = await simulate({ seed: 1 }, (running) => {
    two(running);
    return running;
  });
  const [one, other] = network.hosts;
  assert.ok(one !== undefined && other !== undefined);
  const over = /^(Error|HostCrashed): the simulation is over$/;
  await assert.rejects(async () => network.advance("1s"), over);
  await assert.rejects(async () => network.until(() => true), over);
  assert.throws(() => network.host("late"), over);
  assert.throws(() => network.link(one, other), over);
  assert.throws(() => one.run(() => 1), over);
  assert.throws(() => one.restart(), over);
  assert.equal(network.time, 0);
  assert.match(network.trace.digest, /^[0-9a-f]{16}$/);
});
