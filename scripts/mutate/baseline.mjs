import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "../install-and-build.mjs";

/**
 * The behaviour of each test unmutated in the sandbox: its processor time, and the bytes of the
 * modules that it executes, itself or in a child process.
 */
export class Baseline {
  #sandbox;
  #folder;
  #tests = new Map();
  #before = Promise.resolve();

  /** @param folder the folder whose modules' coverage is kept, such as "posix" */
  constructor(sandbox, folder) {
    this.#sandbox = sandbox;
    this.#folder = join("dist", folder);
  }

  /** A test in the form that `Sandbox.run` takes; undefined if it fails unmutated. */
  of(file) {
    if (!this.#tests.has(file)) {
      // One at a time, so that each takes its undisturbed time.
      this.#before = this.#before.then(() => this.#measure(file));
      this.#tests.set(file, this.#before);
    }
    return this.#tests.get(file);
  }

  async #measure(file) {
    const coverage = this.#sandbox.emptyFolder("coverage");
    const began = performance.now();
    const test = { file, seconds: 600, silence: 150 };
    const { failed, seconds: took } = await this.#sandbox.run([test], { coverage });
    const seconds = (performance.now() - began) / 1000;
    if (failed === undefined) {
      // A busy machine may take several times as long.
      const limits = { seconds: seconds * 5 + 20, silence: seconds + 2 };
      return { file, took, ...limits, covered: this.#readCoverage(coverage) };
    }
    console.log(`not used, since it fails unmutated in the sandbox: ${file}\n${failed.printed}`);
    return undefined;
  }

  /** For each module, one byte per character: whether any process has executed it. */
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
