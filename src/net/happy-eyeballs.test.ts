import assert from "node:assert/strict";
import { test } from "node:test";
import { engineOnSystem } from "../../test/engine/engine-on-system.ts";
import { enginesHere } from "../../test/engine/engines-here.ts";
import { ManualClock } from "../../test/manual-clock.ts";
import type { Clock } from "../clock/clock.ts";
import type { Engine } from "../engine/engine.ts";
import { connectToFirst, failureOf } from "./happy-eyeballs.ts";

const [engine] = enginesHere;

/**
 * An engine whose connects complete only when the test says so; everything else is a real engine's.
 */
function scriptedConnects(real: Engine, clock: Clock) {
  const answers: ((errno: number) => void)[] = [];
  const scripted: Engine = {
    ...engineOnSystem(real, { ...real.system, clock }),
    connect(_fd, _address, done) {
      answers.push(done);
      return { ref() {}, unref() {}, cancel: () => done(-1) };
    },
  };
  return { answers, scripted };
}

const addresses = ["127.0.0.1", "127.0.0.2", "127.0.0.3"].map(
  (address) => ({ family: "ipv4", address, port: 9 }) as const,
);

/** Starts connecting; the first attempt is in progress. */
async function begin() {
  assert.ok(engine !== undefined);
  const clock = new ManualClock();
  const { answers, scripted } = scriptedConnects(engine, clock);
  const settings = { engine: scripted, options: [], localAddress: undefined, localPort: 0 };
  const connected = connectToFirst(Promise.resolve(addresses), settings, {}, "several.test");
  await Promise.resolve();
  return { answers, clock, connected };
}

test("tries the next address after 250 ms without an answer", async () => {
  const { answers, clock, connected } = await begin();
  assert.equal(answers.length, 1);
  clock.tick(249);
  assert.equal(answers.length, 1);
  clock.tick(1);
  assert.equal(answers.length, 2);
  clock.tick(250);
  assert.equal(answers.length, 3);
  answers[1]?.(0);
  const socket = await connected;
  assert.ok(socket.fd >= 0);
  socket[Symbol.dispose]();
  assert.equal(clock.pending, 0);
});

test("tries the next address immediately if the last has failed", async () => {
  const { answers, connected } = await begin();
  answers[0]?.(-111);
  assert.equal(answers.length, 2);
  answers[1]?.(0);
  (await connected)[Symbol.dispose]();
});

test("the error has the first code, and its message lists the other failures", () => {
  const failed = (...codes: readonly (string | undefined)[]) =>
    failureOf(
      "several.test",
      addresses,
      codes.map((code) => Object.assign(new Error("it failed"), { code })),
    );
  const several = failed(undefined, "ECONNREFUSED", "EHOSTUNREACH");
  assert.equal(Reflect.get(several, "code"), "ECONNREFUSED");
  assert.equal(
    several.message,
    "connect ECONNREFUSED several.test:9 (tried 127.0.0.1, 127.0.0.2, 127.0.0.3, also EHOSTUNREACH)",
  );
  assert.equal(
    failed("ETIMEDOUT", "ETIMEDOUT").message,
    "connect ETIMEDOUT several.test:9 (tried 127.0.0.1, 127.0.0.2, 127.0.0.3)",
  );
  assert.equal(Reflect.get(failed(undefined), "code"), "UNKNOWN");
});
