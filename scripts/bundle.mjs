// Makes dist/ of the compiled modules in build/package/. Their code goes into a few chunks, because
// loading hundreds of modules takes longer than running them, and each module's file only exports
// its part of a chunk. The package contains the chunks and its entries; tests import any module,
// and so run the published code. With --modules, dist/ gets the modules themselves.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { root } from "./install-and-build.mjs";

const compiled = join(root, "build/package");
const dist = join(root, "dist");
const chunks = join(dist, "chunks");

const entries = {
  simulated: "simulated/index.js",
  posix: "posix/index.js",
  net: "node/net/index.js",
  diagnose: "diagnose/index.js",
  index: "index.js",
};

/**
 * The chunks, by which entries load a module; the first one that matches has it. An entry loads few
 * modules that it does not need, and `berkeley/simulated` none that need koffi. What a chunk
 * imports lies in it or in those above it.
 */
const chunksByEntries = {
  calls: (by) => by.has("simulated") && by.has("posix"),
  api: (by) => by.has("simulated") && (by.has("net") || by.has("index")),
  simulated: (by) => by.has("simulated"),
  machine: (by) => by.has("posix"),
  engines: (by) => by.has("net") && by.has("index"),
  net: (by) => by.has("net"),
  diagnose: (by) => by.has("diagnose"),
  index: (by) => by.has("index"),
};

const files = readdirSync(compiled, { recursive: true, encoding: "utf8" });
const modules = files.filter((path) => path.endsWith(".js"));

if (process.argv.includes("--modules")) {
  copy(files.filter((path) => !path.startsWith(".")));
  // Stale: the next build makes them again.
  rmSync(chunks, { recursive: true, force: true });
} else if (isStale()) await bundle();

async function bundle() {
  rmSync(chunks, { recursive: true, force: true });
  copy(files.filter((path) => /\.(cjs|d\.c?ts)$/.test(path)));
  const chunkOf = findChunks();
  const names = [...new Set([...Object.keys(chunksByEntries), "cli", ...chunkOf.values()])];
  const build = await rolldown({
    input: Object.fromEntries(modules.map((path) => [path.replace(/\.js$/, ""), join(compiled, path)])),
    platform: "node",
    external: (id) => !/^[./]/.test(id),
    treeshake: false,
  });
  await build.write({
    dir: dist,
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name].js",
    // Without comments, which are half of the text; with the names, for stack traces.
    comments: { legal: true, annotation: true, jsdoc: false },
    minify: false,
    minifyInternalExports: false,
    codeSplitting: {
      groups: names.map((name, index) => ({
        name,
        // A chunk takes along what its modules import, unless one before it has it.
        priority: names.length - index,
        test: (id) => chunkOf.get(relative(compiled, id)) === name,
      })),
    },
  });
  await build.close();
}

/**
 * The chunk of each module that an entry or a command loads. What the entries do themselves, such as
 * running a command, stays in their own files, so that no other file does it too.
 */
function findChunks() {
  const byEntries = loadedBy(entries);
  const [main, ...commands] = ["cli/main.js", ...importsOf("cli/main.js").onDemand];
  const byMain = reachedFrom(main);
  const byCommands = loadedBy(
    Object.fromEntries(commands.map((path) => [`cli-${basename(path, ".js")}`, path])),
  );
  const found = new Map();
  for (const path of modules) {
    if (path === main || Object.values(entries).includes(path)) continue;
    const by = byEntries(path);
    const [name] = Object.entries(chunksByEntries).find(([, has]) => has(by)) ?? [];
    const [command, another] = byCommands(path);
    const chunk = name ?? (byMain.has(path) || another !== undefined ? "cli" : command);
    if (chunk !== undefined) found.set(path, chunk);
  }
  return found;
}

/** Returns a function that gives the names of the roots that load a module. */
function loadedBy(roots) {
  const loads = Object.entries(roots).map(([name, path]) => [name, reachedFrom(path)]);
  return (path) => new Set(loads.filter(([, reached]) => reached.has(path)).map(([name]) => name));
}

/** A module and those that are loaded with it. */
function reachedFrom(path) {
  const reached = new Set();
  const waiting = [path];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    waiting.push(...importsOf(next).atOnce);
  }
  return reached;
}

/** The modules that a compiled module imports, as the compiler writes it. */
function importsOf(path) {
  const text = readFileSync(join(compiled, path), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  const named = (pattern) => [...text.matchAll(pattern)].map(([, name]) => join(dirname(path), name));
  return {
    atOnce: named(/^(?:import|export) (?:[^;"]* from )?"(\.[^"]+)"/gm),
    onDemand: named(/\bimport\("(\.[^"]+)"\)/g),
  };
}

/** Copies compiled files into dist/. */
function copy(paths) {
  for (const path of paths) {
    const from = join(compiled, path);
    if (statSync(from).isDirectory()) continue;
    const to = join(dist, path);
    mkdirSync(dirname(to), { recursive: true });
    if (path.endsWith(".d.ts")) writeFileSync(to, plainDeclaration(readFileSync(from, "utf8")));
    else cpSync(from, to);
  }
}

/**
 * Rewrites `Uint8Array<ArrayBufferLike>`, TypeScript 7's spelling of an inferred Uint8Array in a
 * declaration, to `Uint8Array`. They are the same type, but before TypeScript 5.7 Uint8Array is not
 * generic (TS2315).
 */
function plainDeclaration(text) {
  return text.replaceAll("Uint8Array<ArrayBufferLike>", "Uint8Array");
}

/** Whether something was compiled, or this script changed, since dist/ was made. */
function isStale() {
  const made = modified(chunks);
  return [join(compiled, ".tsbuildinfo"), fileURLToPath(import.meta.url)].some((path) => modified(path) > made);
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
