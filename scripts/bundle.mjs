// Builds dist/ from the compiled modules in build/package/. Their code goes into a few chunks,
// because loading hundreds of modules takes longer than running them; each module's file only
// re-exports its part of a chunk. The package contains the chunks and its entries; tests import any
// module, and so run the published code. With --modules, dist/ gets the modules themselves.
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, isAbsolute, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { compiledFiles, root } from "./install-and-build.mjs";

const compiled = join(root, "build/package");
const dist = join(root, "dist");
/** The file that every Node process under `berkeley hold` loads first. */
const preload = "node/held/preload.cjs";
const chunks = join(dist, "chunks");

const entries = {
  simulated: "simulated/index.js",
  posix: "posix/index.js",
  net: "node/net/index.js",
  register: "node/net/install.js",
  diagnose: "diagnose/index.js",
  why: "cli/why.js",
  wait: "cli/wait.js",
  index: "index.js",
};

/**
 * The chunks. A module goes into the first chunk that matches the entries that load it. An entry
 * loads few modules that it does not need, and `berkeley/simulated` none that need koffi. A chunk
 * imports only from itself and from the chunks above it.
 */
const chunksByEntries = {
  calls: (by) => by.has("simulated") && (by.has("posix") || by.has("why") || by.has("wait")),
  api: (by) => by.has("simulated") && (by.has("net") || by.has("index")),
  simulated: (by) => by.has("simulated"),
  machine: (by) => by.has("posix"),
  engines: (by) => by.has("net") && by.has("index"),
  // Separate from berkeley/net's constructors, which change classes that berkeley/register uses
  // unchanged.
  servers: (by) => by.has("register"),
  net: (by) => by.has("net"),
  diagnose: (by) => by.has("diagnose"),
  index: (by) => by.has("index"),
};

/** Rolldown's own functions, for `export * as`. */
const RUNTIME = "\0rolldown/runtime.js";

const files = compiledFiles(compiled);
const modules = files.filter((path) => path.endsWith(".js"));

if (process.argv.includes("--modules")) {
  copy(files.filter((path) => /\.c?js$/.test(path)));
  await bundlePreload();
  // Stale files; the next build recreates them.
  rmSync(chunks, { recursive: true, force: true });
} else if (isStale()) await bundle();

async function bundle() {
  copy(files.filter((path) => path.endsWith(".cjs")));
  await bundlePreload();
  copyDeclarations();
  const chunkOf = findChunks();
  const ofCommands = [...new Set(chunkOf.values())].filter((name) => name.startsWith("cli-"));
  const shared = (name) => name.split("-").length;
  ofCommands.sort((a, b) => shared(b) - shared(a));
  const names = [...Object.keys(chunksByEntries), "cli", ...ofCommands];
  const build = await rolldown({
    input: Object.fromEntries(modules.map((path) => [path.replace(/\.js$/, ""), join(compiled, path)])),
    platform: "node",
    external: (id) => !/^[./]/.test(id),
    // Keep all of our modules: `sideEffects` in package.json is for users who bundle this package.
    treeshake: { moduleSideEffects: isAbsolute },
  });
  const { output } = await build.write({
    dir: dist,
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name].js",
    // Without comments, which are half of the text; with the names, for stack traces.
    comments: { legal: true, annotation: true, jsdoc: false },
    minify: false,
    // load-koffi.js asks whether there is a `require`.
    polyfillRequire: false,
    // V8 stores a text of one-byte characters in half the memory.
    plugins: [{ name: "ascii", renderChunk: escaped }],
    minifyInternalExports: false,
    codeSplitting: {
      groups: names.map((name, index) => ({
        name,
        // A chunk takes along what its modules import, unless one before it has it.
        priority: names.length - index,
        test: (id) => (id === RUNTIME ? "calls" : chunkOf.get(relative(compiled, id))) === name,
      })),
    },
  });
  await build.close();
  // Not earlier: programs that run meanwhile must find the chunks that they need.
  const written = new Set(output.map(({ fileName }) => fileName));
  for (const path of readdirSync(dist, { recursive: true, encoding: "utf8" }))
    if (path.endsWith(".js") && !written.has(path)) rmSync(join(dist, path));
  utimesSync(chunks, new Date(), new Date());
}

/**
 * A single file, because under Node's permission model a process may read the file that it
 * preloads, but nothing next to it.
 */
async function bundlePreload() {
  const build = await rolldown({ input: join(compiled, preload), platform: "node", external: ["koffi"] });
  const comments = { legal: true, annotation: true, jsdoc: false };
  await build.write({ file: join(dist, preload), format: "cjs", comments });
  await build.close();
}

/**
 * The chunk of each module that an entry or a command loads. Code with effects in an entry itself,
 * such as running a command, stays in its own file: in a chunk it would run for other entries too.
 */
function findChunks() {
  const byEntries = loadedBy(entries);
  const [main, ...commands] = ["cli/main.js", ...importsOf("cli/main.js").onDemand];
  const byMain = reachedFrom(main);
  const byCommands = loadedBy(Object.fromEntries(commands.map((path) => [basename(path, ".js"), path])));
  const own = [entries.net, entries.register, entries.diagnose, entries.index];
  const found = new Map();
  for (const path of modules) {
    if (path === main || own.includes(path)) continue;
    const by = byEntries(path);
    const [name] = Object.entries(chunksByEntries).find(([, has]) => has(by)) ?? [];
    if (name !== undefined || byMain.has(path)) found.set(path, name ?? "cli");
    else if (byCommands(path).size > 0) found.set(path, ["cli", ...byCommands(path)].join("-"));
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

/**
 * Only strings, templates and regular expressions have such characters, and all of them allow \u.
 */
function escaped(code) {
  return code.replaceAll(
    /[^\0-\x7f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Copies compiled files into dist/. */
function copy(paths) {
  for (const path of paths) cpSync(join(compiled, path), join(dist, path));
}

/**
 * Copies the declarations that a program's compiler reads: those of the entries, and of their
 * types.
 */
function copyDeclarations() {
  const { index, diagnose, net, posix, simulated } = entries;
  const waiting = [index, diagnose, net, posix, simulated, "node/register.cjs"].map(declarationOf);
  const wanted = new Set();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (wanted.has(path)) continue;
    wanted.add(path);
    const text = plainDeclaration(readFileSync(join(compiled, path), "utf8"));
    mkdirSync(dirname(join(dist, path)), { recursive: true });
    writeFileSync(join(dist, path), text);
    for (const [, name] of text.matchAll(/(?:from |\bimport |\bimport\()"(\.[^"]+)"/g))
      waiting.push(declarationOf(join(dirname(path), name)));
  }
  for (const path of readdirSync(dist, { recursive: true, encoding: "utf8" }))
    if (/\.d\.c?ts$/.test(path) && !wanted.has(path)) rmSync(join(dist, path));
}

function declarationOf(path) {
  return path.replace(/\.(c?)[jt]s$/, ".d.$1ts");
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
  return [join(compiled, ".tsbuildinfo"), fileURLToPath(import.meta.url)].some(
    (path) => modified(path) > made,
  );
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
