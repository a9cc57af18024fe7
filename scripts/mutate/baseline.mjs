import { runInSandbox } from "./sandbox.mjs";

/** How long each test takes unmutated in the sandbox, and which ones do not pass there. */
export class Baseline {
  #budget;
  #times = new Map();

  /** @param budget how long the tests of one mutant may take together, unmutated, in seconds */
  constructor(budget) {
    this.#budget = budget;
  }

  /**
   * Those of the tests that pass unmutated, as many as the budget allows, each with its time limit.
   */
  async within(tests) {
    const chosen = [];
    let left = this.#budget;
    for (const file of tests) {
      const seconds = await this.#timeOf(file);
      if (seconds === undefined) continue;
      if (chosen.length > 0 && seconds > left) break;
      left -= seconds;
      // A busy machine may take several times as long.
      chosen.push({ file, seconds: Math.ceil(seconds * 4 + 10) });
    }
    return chosen;
  }

  #timeOf(file) {
    if (!this.#times.has(file)) this.#times.set(file, measure(file));
    return this.#times.get(file);
  }
}

async function measure(file) {
  const began = performance.now();
  const failed = await runInSandbox([{ file, seconds: 120 }], undefined, true);
  if (failed === undefined) return (performance.now() - began) / 1000;
  console.log(`not used, since it fails unmutated in the sandbox: ${file}\n${failed.output}`);
  return undefined;
}
