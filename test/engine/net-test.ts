import { test } from "node:test";
import { Fixture } from "../fixture.ts";
import { type Exceptions, except } from "../platform.ts";
import { engineTest } from "./engine-test.ts";
import { enginesHere } from "./engines-here.ts";

/** Runtimes whose node:net is not Node's own. */
const notNode = {
  bun: "its node:net is implemented differently",
  deno: "its node:net is implemented differently",
};

/**
 * A test of berkeley/net, on each engine that this system has. It takes the engine that the
 * environment says.
 */
export function netTest(
  what: string,
  run: (fixture: Fixture) => Promise<void>,
  exceptions: Exceptions = {},
): void {
  for (const engine of enginesHere) {
    engineTest(
      engine,
      what,
      async (fixture) => {
        const before = process.env.BERKELEY_ENGINE;
        process.env.BERKELEY_ENGINE = engine.name;
        try {
          await run(fixture);
        } finally {
          if (before === undefined) delete process.env.BERKELEY_ENGINE;
          else process.env.BERKELEY_ENGINE = before;
        }
      },
      { ...notNode, ...exceptions },
    );
  }
}

/** The same for node:net itself. */
export function nodeTest(what: string, run: (fixture: Fixture) => Promise<void>): void {
  test(what, except(notNode), async (context) => {
    const fixture = new Fixture(context);
    try {
      await run(fixture);
    } finally {
      await fixture.end();
    }
  });
}
