import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "../install-and-build.mjs";

/**
 * What each test does unmutated in the sandbox: how long it takes, and which bytes of the modules
 * it executes, itself or in a child process.
 */
export class Baseline {
  #sandbox;
  #folder;
  #tests = new Map();
  #before = Promise.resolve();

  /** @param folder whose modules' coverage is kept, as "posix" */
  constructor(sandbox, folder) {
    this.#sandbox = sandbox;
    this.#folder = join("dist", folder);
  }

  /** A test as `Sandbox.run` takes it; undefined for one that fails unmutated. */
  of(file) {
    if (!this.#tests.has(file)) {
      // One at a time, so that each takes what it takes alone.
      this.#before = this.#before.then(() => this.#measure(file));
      this.#tests.set(file, this.#before);
    }
    return this.#tests.get(file);
  }

  async #measure(file) {
    const coverage = this.#sandbox.emptyFolder("coverage");
    const began = performance.now();
    const failed = await this.#sandbox.run([{ file, seconds: 150, silence: 150 }], { coverage });
    const seconds = (performance.now() - began) / 1000;
    if (failed === undefined) {
      // A busy machine may take several times as long.
      const limits = { seconds: seconds * 5 + 20, silence: seconds + 2 };
      return { file, took: seconds, ...limits, covered: this.#readCoverage(coverage) };
    }
    console.log(`not used, since it fails unmutated in the sandbox: ${file}\n${failed.printed}`);
    return undefined;
  }

  /** Of each module, one byte for each character: whether any process has executed it. */
  #readCoverage(folder) {
    const covered = new Map();
    for (const name of readdirSync(folder)) {
      const file = join(folder, name);
      if (statSync(file).size === 0) continue;
      for (const { url, functions } of resultsIn(file)) {
        if (!url.startsWith("file:")) continue;
        const module = relative(root, fileURLToPath(url));
        if (!module.startsWith(this.#folder)) continue;
        const length = functions[0].ranges[0].endOffset;
        const all = covered.get(module) ?? new Uint8Array(length + 1);
        covered.set(module, all);
        const own = new Uint8Array(all.length);
        // Inner ranges come after those around them.
        for (const { ranges } of functions)
          for (const { startOffset, endOffset, count } of ranges)
            own.fill(count > 0 ? 1 : 0, startOffset, endOffset);
        for (const [index, value] of own.entries()) if (value === 1) all[index] = 1;
      }
    }
    return covered;
  }
}

function resultsIn(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).result;
  } catch {
    // A process that was killed while it wrote this.
    return [];
  }
}
