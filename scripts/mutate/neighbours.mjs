// Chooses the tests to run against a mutant, and their order.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** How many tests run if none is known to execute the code: a killed child leaves no coverage. */
const UNSEEN = 3;

/**
 * The tests of some folders of src/, for a module of dist/. Paths are those of compiled modules.
 * The tests are in build/, and import the package through modules of build/src/ that re-export
 * those of dist/.
 */
export class Neighbours {
  #baseline;
  #tests;
  #distances;
  /** By module, how many of its mutants each test has killed. */
  #kills = new Map();
  #allKills = new Map();

  /** @param words tests whose paths contain one of them are used */
  constructor(roots, folders, baseline, words) {
    this.#baseline = baseline;
    const modules = roots.flatMap((root) =>
      readdirSync(root, { recursive: true })
        .filter((path) => /\.c?js$/.test(path))
        .map((path) => join(root, path)),
    );
    const known = new Set(modules);
    const edges = new Map(modules.map((module) => [module, referencesOf(module, known)]));
    this.#tests = modules.filter(
      (module) =>
        folders.some((folder) => module.startsWith(join("build/src", folder, "/"))) &&
        module.endsWith(".test.js") &&
        words.some((word) => module.includes(word)),
    );
    this.#distances = new Map(this.#tests.map((test) => [test, distancesFrom(test, edges)]));
  }

  /**
   * The tests that execute the mutated place, as many as fit into `budget` seconds. First the one
   * with the name of the module, then those that have killed the most for their time, of this
   * module's mutants above all, then the fastest.
   */
  async testsOf({ module, start }, budget) {
    const kills = this.#kills.get(module) ?? new Map();
    const passing = (await Promise.all(this.#tests.map((test) => this.#baseline.of(test))))
      .filter((test) => test !== undefined)
      .sort((left, right) => this.#rank(left.file, module) - this.#rank(right.file, module));
    const executing = passing.filter(({ covered }) => covered.get(module)?.[start] === 1);
    const worth = ({ file, took }) =>
      ((kills.get(file) ?? 0) + (this.#allKills.get(file) ?? 0) / 10 + 0.01) / took;
    const ordered = executing.length === 0 ? passing.slice(0, UNSEEN) : executing;
    ordered.sort(
      (left, right) =>
        Number(this.#rank(right.file, module) === 0) - Number(this.#rank(left.file, module) === 0) ||
        worth(right) - worth(left),
    );
    let left = budget;
    return ordered.filter(({ took }, index) => {
      if (index > 0 && took > left) return false;
      left -= took;
      return true;
    });
  }

  killed({ module }, test) {
    const kills = this.#kills.get(module) ?? new Map();
    this.#kills.set(module, kills.set(test, (kills.get(test) ?? 0) + 1));
    this.#allKills.set(test, (this.#allKills.get(test) ?? 0) + 1);
  }

  /** The test of the same name is the nearest. */
  #rank(test, module) {
    const reexport = join("build/src", relative("dist", module));
    if (test === reexport.replace(/\.js$/, ".test.js")) return 0;
    const beside = dirname(test) === dirname(reexport) ? 0 : 0.5;
    return (this.#distances.get(test).get(module) ?? 100) + beside;
  }
}

function referencesOf(module, known) {
  const text = readFileSync(module, "utf8");
  return [...text.matchAll(/["'](\.{1,2}\/[^"'\n]+\.c?js)["']/g)]
    .map(([, specifier]) => join(dirname(module), specifier))
    .filter((target) => known.has(target));
}

function distancesFrom(start, edges) {
  const distances = new Map([[start, 0]]);
  for (const module of distances.keys())
    for (const next of edges.get(module) ?? [])
      if (!distances.has(next)) distances.set(next, distances.get(module) + 1);
  return distances;
}
