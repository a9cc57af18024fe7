import { test } from "node:test";
import type { Engine } from "../../src/engine/engine.ts";
import { Fixture } from "../fixture.ts";
import { descriptorsAreAsBefore, openDescriptors } from "../open-descriptors.ts";
import { type Exceptions, except } from "../platform.ts";

type Run = (fixture: Fixture) => Promise<void>;

/**
 * A test of an engine. Every descriptor that it opens must be closed at its end, by the fixture at
 * the latest.
 */
export function engineTest(engine: Engine, what: string, run: Run, exceptions: Exceptions = {}): void {
  test(`${engine.name}: ${what}`, except(exceptions), async (context) => {
    const fixture = new Fixture(context);
    const before = openDescriptors();
    try {
      await run(fixture);
    } finally {
      await fixture.end();
    }
    await descriptorsAreAsBefore(before);
  });
}

/** Some turns of the event loop, in which nothing should happen. */
export async function someTurns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Calls a function in turns of the event loop until it returns something. */
export async function eventually<Value>(look: () => Value | undefined): Promise<Value> {
  while (true) {
    const value = look();
    if (value !== undefined) return value;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
