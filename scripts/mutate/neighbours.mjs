// Which tests beside a module reach it: by imports, and by the child programs that they run.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/**
 * The tests of a folder of src/ that reach a module of dist/, nearest first. Paths are those of
 * compiled modules. The tests are in build/, and import the package by modules of build/src/ that
 * re-export those of dist/.
 */
export function neighbourFinder(roots, folder) {
  const modules = roots.flatMap((root) =>
    readdirSync(root, { recursive: true })
      .filter((path) => /\.c?js$/.test(path))
      .map((path) => join(root, path)),
  );
  const known = new Set(modules);
  const edges = new Map(modules.map((module) => [module, referencesOf(module, known)]));
  const tests = modules.filter(
    (module) => module.startsWith(join("build/src", folder, "/")) && module.endsWith(".test.js"),
  );
  const distances = new Map(tests.map((test) => [test, distancesFrom(test, edges)]));
  return (module) =>
    tests
      .filter((test) => distances.get(test).has(module))
      .sort((left, right) => rank(left, module) - rank(right, module) || (left < right ? -1 : 1));

  /** The test of the same name is the nearest. */
  function rank(test, module) {
    const reexport = join("build/src", relative("dist", module));
    if (test === reexport.replace(/\.js$/, ".test.js")) return 0;
    const beside = dirname(test) === dirname(reexport) ? 0 : 0.5;
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
