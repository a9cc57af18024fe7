import assert from "node:assert/strict";
import { test } from "node:test";
import { type SimulatedNetwork, simulate } from "./index.ts";
import { shrinkFaults } from "./shrink.ts";

const unlimited = { runs: Number.POSITIVE_INFINITY, expired: () => false };
const letters = [..."abcdefghijklmnop"];

test("each of the remaining faults is needed", async () => {
  const cases = [[], ["a"], ["h"], ["p"], ["a", "p"], ["c", "d", "e"], ["b", "g", "k", "o"], letters];
  for (const needed of cases) {
    let runs = 0;
    const fails = async (some: readonly string[]) => {
      runs += 1;
      return needed.every((one) => some.includes(one));
    };
    assert.deepEqual(await shrinkFaults(letters, fails, unlimited), needed);
    assert.ok(runs < 200);
  }
});

test("the search ends at its limits, with the result so far", async () => {
  let runs = 0;
  const fails = async (some: readonly string[]) => {
    runs += 1;
    return some.includes("c") && some.includes("n");
  };
  const some = await shrinkFaults(letters, fails, { runs: 6, expired: () => false });
  assert.equal(runs, 6);
  assert.ok(some.includes("c") && some.includes("n") && some.length < letters.length);
  assert.deepEqual(await shrinkFaults(letters, fails, { runs: 9, expired: () => true }), letters);
});

/** Sends ten datagrams over a bad link, among crashes and partitions; the server misses some. */
async function lossy(network: SimulatedNetwork): Promise<string> {
  const [server, client, other] = ["server", "client", "other"].map((name) => network.host(name));
  assert.ok(server && client && other);
  network.link(server, client, { latency: "5ms", jitter: "1ms", loss: 0.3, duplicate: 0.3, reorder: 0.3 });
  const seen = new Set<number>();
  await server.udp({ port: 53 }, { message: (_, [number = 0]) => void seen.add(number) });
  const socket = await client.udp({ remote: { host: "server", port: 53 } });
  for (let number = 0; number < 10; number += 1) {
    await socket.send(Uint8Array.of(number));
    await network.advance("10ms");
    other.crash();
    network.partition(other, client);
    other.pause();
    await network.advance("10ms");
    network.heal();
    other.restart();
  }
  assert.ok(seen.has(3), "datagram 3 did not arrive");
  return network.trace.digest;
}

test("seeds() finds the one fault of many that matters, and how to repeat it", async () => {
  const error = await simulate.seeds({ count: 20 }, lossy).then(
    () => assert.fail("a seed loses datagram 3"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Error);
  const found =
    /^datagram 3 did not arrive\n.*simulated with seed (\d+).*\nOf its (\d+) faults, 1 are enough: simulate\(\{ seed: \1, faults: (\[.*\]) \}, …\)\n/.exec(
      error.message,
    );
  assert.ok(found, error.message);
  const [, seed = "", count = ""] = found;
  assert.ok(Number(count) > 20, count);
  const faults = ["loss client server 4"];
  assert.deepEqual(JSON.parse(found[3] ?? ""), faults);
  await assert.rejects(simulate({ seed: Number(seed), faults }, lossy), /datagram 3 did not arrive/);
  await simulate({ seed: Number(seed), faults: [] }, lossy);
});

test("a run with all of its faults listed is the run without a list", async () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    let faults: readonly string[] | undefined;
    const run = (options: { seed: number; faults?: readonly string[] | undefined }) =>
      simulate(options, async (network) => {
        await lossy(network).catch(() => {});
        faults = network.faults;
        return network.trace.digest;
      });
    const once = await run({ seed });
    assert.equal(await run({ seed, faults }), once);
  }
});

test("a failure that needs no fault says so; shrinkRuns: 0 turns the search off", async () => {
  const fail = async (network: SimulatedNetwork) => {
    await lossy(network).catch(() => {});
    throw new Error("anyway");
  };
  await assert.rejects(simulate.seeds({ count: 1 }, fail), /It fails without its \d+ faults, too: simulate/);
  await assert.rejects(simulate.seeds({ count: 1, shrinkRuns: 0 }, fail), (error: Error) => {
    assert.doesNotMatch(error.message, /faults/);
    return true;
  });
  await assert.rejects(simulate.seeds({ count: 1, shrinkRuns: -1 }, fail), TypeError);
});
