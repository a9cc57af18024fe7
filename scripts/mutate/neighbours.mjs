// Which tests beside a module reach it: by imports, and by the child programs that they run.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The tests below `folder` that reach a module, nearest first. Paths are those of compiled modules.
 */
export function neighbourFinder(dist, folder) {
  const modules = readdirSync(dist, { recursive: true })
    .filter((path) => /\.c?js$/.test(path))
    .map((path) => join(dist, path));
  const known = new Set(modules);
  const edges = new Map(modules.map((module) => [module, referencesOf(module, known)]));
  const tests = modules.filter(
    (module) => module.startsWith(join(folder, "/")) && module.endsWith(".test.js"),
  );
  const distances = new Map(tests.map((test) => [test, distancesFrom(test, edges)]));
  return (module) =>
    tests
      .filter((test) => distances.get(test).has(module))
      .sort((left, right) => rank(left, module) - rank(right, module) || (left < right ? -1 : 1));

  /** The test of the same name is the nearest. */
  function rank(test, module) {
    if (test === module.replace(/\.js$/, ".test.js")) return 0;
    const beside = dirname(test) === dirname(module) ? 0 : 0.5;
    return distances.get(test).get(module) + beside;
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
