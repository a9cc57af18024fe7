import assert from "node:assert/strict";
import crypto, { randomBytes, randomInt, randomUUID } from "node:crypto";
import { test } from "node:test";
import { promisify } from "node:util";
import { except } from "../../test/platform.ts";
import { simulate } from "./index.ts";

/** As ws takes it, before any simulation has begun. */
const taken = { randomFillSync: crypto.randomFillSync };

const imported = "what was imported by name from node:crypto stays real";

async function draws(): Promise<unknown[]> {
  return [
    Math.random(),
    crypto.randomUUID(),
    globalThis.crypto.randomUUID(),
    crypto.randomBytes(8).toString("hex"),
    (await promisify(crypto.randomBytes)(8)).toString("hex"),
    crypto.randomFillSync(new Uint16Array(4)),
    globalThis.crypto.getRandomValues(new Uint8Array(5)),
    crypto.randomInt(100),
    crypto.randomInt(1000, 2000),
    await new Promise((resolve) => crypto.randomInt(10, (_, number) => resolve(number))),
    await new Promise((resolve) => crypto.randomFill(Buffer.alloc(6), (_, bytes) => resolve(bytes))),
  ];
}

const run = (seed: number, random = true) =>
  simulate({ seed, random }, async (network) => {
    const [one, other] = [network.host("one"), network.host("other")];
    return [await draws(), await one.run(draws), await other.run(draws)];
  });

test("equal seeds give programs equal random numbers, and other seeds and hosts others", async () => {
  const first = await run(1);
  assert.deepEqual(await run(1), first);
  const [beside, one, other] = first;
  const flat = [...(beside ?? []), ...(one ?? []), ...(other ?? [])].map((value) => JSON.stringify(value));
  assert.ok(new Set(flat).size > flat.length - 4, "only small integers may recur");
  assert.notDeepEqual(await run(2), first);
  assert.match(String(one?.[1]), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("random: false leaves them alone, and afterwards they are real again", async () => {
  assert.notDeepEqual(await run(1, false), await run(1, false));
  const { random } = Math;
  await run(1);
  assert.equal(Math.random, random);
  assert.notEqual(randomUUID(), randomUUID());
});

test("functions that a library took from node:crypto after this was loaded are seeded, too", async () => {
  const draw = () => simulate({ seed: 1 }, () => taken.randomFillSync(new Uint8Array(8)));
  assert.deepEqual(await draw(), await draw());
  const [one, other] = [0, 0].map(() => taken.randomFillSync(new Uint8Array(8)));
  assert.notDeepEqual(one, other);
});

test("functions imported by name are seeded, too", except({ bun: imported, deno: imported }), async () => {
  const draw = () => simulate({ seed: 1 }, () => [randomUUID(), randomBytes(8), randomInt(1_000_000)]);
  assert.deepEqual(await draw(), await draw());
});
