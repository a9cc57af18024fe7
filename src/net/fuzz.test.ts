// The same random programs on uring, readiness and node:net, which must agree. For an hour: npm run
// fuzz -- --minutes 60.
import { test } from "node:test";
import fc from "fast-check";
import { compare } from "../../test/fuzz/compare.ts";
import { programs } from "../../test/fuzz/program.ts";
import { except } from "../../test/platform.ts";

// FUZZ_RUNS is the number of programs, FUZZ_SEED determines them, and FUZZ_MINUTES ends it early.
// The seed is printed. By default the programs are always the same, so that tests do not fail by
// chance; npm run fuzz uses new ones.
const numRuns = Number(process.env.FUZZ_RUNS ?? 200);
const seed = Number(process.env.FUZZ_SEED ?? 77);
const path = process.env.FUZZ_PATH;
const minutes = process.env.FUZZ_MINUTES;

test(
  `${numRuns} random programs behave alike on node:net and on each engine, from seed ${seed}`,
  except({
    bun: "its node:net differs",
    deno: "its node:net differs",
    windows: "the peers are Linux's sockets",
  }),
  async (context) => {
    context.diagnostic(`seed ${seed}`);
    let count = 0;
    let failed = false;
    const property = fc.asyncProperty(programs, async (program) => {
      count += 1;
      try {
        await compare(program);
      } catch (error) {
        // Shrinking may exceed the time for the run.
        if (!failed) console.error(`# program ${count} failed: ${error}`);
        failed = true;
        throw error;
      }
    });
    context.after(() => context.diagnostic(`${count} programs`));
    await fc.assert(property, {
      seed,
      numRuns,
      includeErrorInReport: true,
      ...(path === undefined ? {} : { path }),
      ...(minutes === undefined ? {} : { interruptAfterTimeLimit: Number(minutes) * 60_000 }),
    });
  },
);
