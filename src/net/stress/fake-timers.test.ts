// Fake timers, as tests install them, must not stop the sockets of the program under test: node:net
// is unaffected too.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { someTurns } from "../../../test/engine/engine-test.ts";
import { enginesHere } from "../../../test/engine/engines-here.ts";
import { type Exceptions, except } from "../../../test/platform.ts";
import { waitForListener } from "../../diagnose/wait-for-listener.ts";
import type { EngineName } from "../../engine/engine.ts";
import { connect } from "../connection/connect.ts";
import { listen } from "../listener/listen.ts";
import { udp } from "../udp/udp.ts";

const never = () => {};

/** Replaces the timers; returns the function that restores them. */
interface Fake {
  readonly name: string;
  readonly except: Exceptions;
  install(): () => void;
}

/**
 * As sinon does, and so Jest and Vitest: replaces the globals with functions that never call back.
 */
function replaceGlobals(): () => void {
  const fakes: PropertyDescriptorMap = {};
  const names = ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"];
  for (const name of [...names, "clearTimeout", "clearInterval", "clearImmediate"]) {
    const value = names.includes(name) ? () => ({ ref: never, unref: never }) : never;
    fakes[name] = { value, configurable: true, writable: true };
  }
  const before = Object.fromEntries(
    Object.keys(fakes).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]),
  );
  const { nextTick, hrtime } = process;
  const dateNow = Date.now;
  const { now } = performance;
  const abortTimeout = AbortSignal.timeout;
  Object.defineProperties(globalThis, fakes);
  process.nextTick = never;
  process.hrtime = Object.assign(() => assert.fail("the fake was called"), { bigint: () => 0n });
  Date.now = () => 0;
  performance.now = () => 0;
  AbortSignal.timeout = () => new AbortController().signal;
  return () => {
    for (const [name, descriptor] of Object.entries(before))
      if (descriptor !== undefined) Object.defineProperty(globalThis, name, descriptor);
    process.nextTick = nextTick;
    process.hrtime = hrtime;
    Date.now = dateNow;
    performance.now = now;
    AbortSignal.timeout = abortTimeout;
  };
}

const fakes: readonly Fake[] = [
  {
    name: "node:test's mock timers",
    except: { bun: "Bun's node:test has no mock timers", deno: "Deno's node:test has no mock timers" },
    install() {
      mock.timers.enable({ apis: ["setTimeout", "setInterval", "setImmediate", "Date"] });
      return () => mock.timers.reset();
    },
  },
  { name: "replaced globals", except: {}, install: replaceGlobals },
];

/** A TCP echo, an accept(), a datagram and a unix connection, each on the engine. */
async function roundTrips(engine: EngineName): Promise<void> {
  const server = await listen(
    { host: "127.0.0.1", engine },
    { data: (connection, bytes) => connection.write(bytes) },
  );
  const client = await connect({ address: server.address, engine, timeout: 20_000 });
  await client.write("over TCP");
  assert.equal((await client.read({ timeout: 20_000 }))?.length, 8);
  // The program's own timeouts use real time.
  await assert.rejects(client.read({ timeout: 5 }), { name: "TimeoutError" });
  await server.close({ drain: 5 });
  await assert.rejects(client.read());
  await client.close();

  const listener = await listen({ host: "127.0.0.1", engine });
  await assert.rejects(listener.accept({ timeout: 5 }), { name: "TimeoutError" });
  const [peer, accepted] = await Promise.all([
    connect({ address: listener.address, engine }),
    listener.accept(),
  ]);
  await accepted.end("bye");
  assert.equal(String(Buffer.from((await peer.read()) ?? [])), "bye");
  assert.equal(await peer.read(), null);
  await Promise.all([peer.close(), accepted.close(), listener.close()]);

  const one = await udp({ host: "127.0.0.1", engine });
  await one.send("to itself", one.address);
  assert.equal((await one.receive({ timeout: 20_000 })).data.length, 9);
  await one.close();
  await assert.rejects(waitForListener({ path: `\0${process.pid} nobody` }, { timeout: 5 }), {
    name: "TimeoutError",
  });
}

for (const { name: engine } of enginesHere) {
  for (const fake of fakes) {
    test(`fake timers: ${engine} works under ${fake.name}, and after them`, except(fake.except), async () => {
      // By then, the test runner has set its own timers.
      await someTurns();
      const restore = fake.install();
      try {
        await roundTrips(engine);
      } finally {
        restore();
      }
      await someTurns();
      await roundTrips(engine);
    });

    test(
      `fake timers: ${engine} keeps sockets working that were open before ${fake.name}`,
      except(fake.except),
      async () => {
        const server = await listen(
          { host: "127.0.0.1", engine },
          { data: (connection, bytes) => connection.write(bytes) },
        );
        const client = await connect({ address: server.address, engine });
        const echo = async () => {
          await client.write("x");
          assert.equal((await client.read())?.length, 1);
        };
        await echo();
        const restore = fake.install();
        try {
          await echo();
          await echo();
        } finally {
          restore();
        }
        await echo();
        client.reset();
        await server.close({ drain: 0 });
      },
    );
  }
}
