import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { root } from "../test/root.ts";

// Checks the map of ARCHITECTURE.md: which folders a folder may import from.
const vocabulary = ["errors", "address", "options", "control"];
const mayImport: Readonly<Record<string, readonly string[]>> = {
  clock: [],
  native: ["clock"],
  system: ["clock", "native"],
  errors: ["system"],
  address: ["system", "errors"],
  options: ["system", "errors", "address"],
  control: ["system", "errors", "address"],
  posix: ["system", ...vocabulary],
  engine: ["clock", "native", "system", "errors", "options"],
  diagnose: ["clock", "engine", "posix", "system", ...vocabulary],
  net: ["clock", "engine", "posix", "system", ...vocabulary],
  // held/ is loaded before everything else, and of native/ takes what loads koffi.
  node: ["clock", "native", "net", "engine", "posix", "system", ...vocabulary],
  simulated: ["clock", "net", "engine", "posix", "system", ...vocabulary],
  // Of native/, where koffi lies, which hold's preload needs.
  cli: ["clock", "native", "diagnose", "net", "posix", "engine", ...vocabulary],
  // The entry point of the async API.
  "": ["diagnose", "node", "net", "engine", "posix"],
};

/** Modules of src/ itself that every folder may import, since they import nothing. */
const bottom = ["builtin.ts", "invariant.ts", "main-thread.ts"];

const src = join(root, "src");
const sources = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.c?ts$/.test(path) && !/\.(test|type-test|child)\.ts$/.test(path))
  .map((path) => ({ path, text: readFileSync(join(src, path), "utf8") }));

const folderOf = (path: string) => (path.includes("/") ? path.slice(0, path.indexOf("/")) : "");

/** Comments may name things that code may not use. */
const codeOf = (text: string) => text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");

const importsOf = ({ path, text }: (typeof sources)[number]) =>
  [...text.matchAll(/(?:from |require\(|import\()"(\.[^"]+)"/g)].map(([, specifier = ""]) =>
    relative(src, join(src, dirname(path), specifier)),
  );

test("layers import only from the layers below", () => {
  for (const source of sources) {
    for (const target of importsOf(source)) {
      const [from, to] = [folderOf(source.path), folderOf(target)];
      const allowed = !bottom.includes(source.path) && (from === to || mayImport[from]?.includes(to));
      assert.ok(allowed || bottom.includes(target), `${source.path} imports ${target}`);
    }
  }
});

/** The modules that make up the package's API, by its entry points. */
const published = new Set(sources.filter(({ path }) => path === "index.ts").flatMap(importsOf));

test("cli/ uses only what net/ exports publicly", () => {
  assert.ok(published.has("net/listener/listen.ts"));
  for (const source of sources.filter(({ path }) => folderOf(path) === "cli")) {
    for (const target of importsOf(source)) {
      if (folderOf(target) === "net") assert.ok(published.has(target), `${source.path} imports ${target}`);
    }
  }
});

test("diagnose/, cli/ and net/, including their tests, do not import a particular system", () => {
  for (const path of readdirSync(src, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".ts") || !["diagnose", "cli", "net"].includes(folderOf(path))) continue;
    for (const target of importsOf({ path, text: readFileSync(join(src, path), "utf8") }))
      assert.doesNotMatch(target, /^system\/[^/]+\//, `${path} imports ${target}`);
  }
});

/** The network and its hosts' kernels, which know nothing of programs. */
const kernels = /^simulated\/(bpf|capture|clock|host|ip|network|tcp|udp|unix)\//;

test("what a simulated network is made of uses neither engines, nor Node, nor this machine", () => {
  for (const source of sources.filter(({ path }) => kernels.test(path))) {
    assert.doesNotMatch(codeOf(source.text), /["']node:|\bprocess\.|\bBuffer\./, source.path);
    for (const target of importsOf(source)) {
      const [from] = kernels.exec(source.path) ?? [];
      assert.match(
        target,
        /^(address|control|options|errors|clock|system|simulated\/\w+)\/|^invariant\.ts$/,
        `${from}${target}`,
      );
      assert.doesNotMatch(target, /machine|host\.ts$(?<!simulated.*)/, source.path);
    }
  }
});

test("only native/ imports koffi", () => {
  for (const { path, text } of sources) {
    if (folderOf(path) !== "native") assert.doesNotMatch(codeOf(text), /["']koffi["']/, path);
  }
});

test("only system/ and native/ check the platform, and only engine/wake the runtime", () => {
  for (const { path, text } of sources) {
    const folder = folderOf(path);
    if (folder !== "system" && folder !== "native")
      assert.doesNotMatch(codeOf(text), /process\.(platform|arch)\b/, path);
    if (!path.startsWith("engine/wake"))
      assert.doesNotMatch(codeOf(text), /\b(Bun|Deno)\b|versions\.(bun|deno)/, path);
  }
});

test("in net/, only resolve.ts knows localhost and calls the resolver", () => {
  const found = sources
    .filter(
      ({ path, text }) => path.startsWith("net/") && /["'](node:)?dns\b|\blocalhost\.ts"/.test(codeOf(text)),
    )
    .map(({ path }) => path);
  assert.deepEqual(found, ["net/resolve.ts"]);
});

/**
 * A global or module that reads the time or sets a timer; `clock.setTimeout()` and a method's
 * declaration do not count.
 */
const timing =
  /(?<![.\w#])((set|clear)(Timeout|Interval|Immediate)|queueMicrotask)\b(?!\(timeout: number)|(globalThis|global|window)\.(set|clear|queue)|(performance\.|Date\.)now\b|\bnew Date\(\)|\bhrtime\b|process\.nextTick\b|AbortSignal\.timeout|node:(timers|perf_hooks)/;

/**
 * These replace timers and the time while a simulation runs, or name the modules that have them.
 */
const replacing = [
  "builtin.ts",
  "simulated/bridge/bridge.ts",
  "simulated/calendar.ts",
  "simulated/driver.ts",
  "simulated/host/host-clock.ts",
  "simulated/http-date.ts",
  "simulated/timers.ts",
];

test("only clock/ uses timers and the time, which fake timers replace", () => {
  for (const { path, text } of sources) {
    if (folderOf(path) !== "clock" && !replacing.includes(path))
      assert.doesNotMatch(codeOf(text), timing, path);
  }
  for (const bad of [
    "setTimeout(f, 1)",
    "= setImmediate;",
    "Date.now()",
    "globalThis.setTimeout(f)",
    "new Date()",
  ])
    assert.match(bad, timing);
  for (const good of [
    "machineClock.setTimeout(f, 1)",
    "new Date(0)",
    "  setTimeout(timeout: number): this {",
  ])
    assert.doesNotMatch(good, timing);
});

/** A comparison with the name of a system, or a choice by it. */
const comparison =
  /[!=]==?\s*"(darwin|freebsd|linux|scripted|windows)"|"(darwin|freebsd|linux|scripted|windows)"\s*[!=]==?|case "(darwin|freebsd|linux|scripted|windows)"|\[(system|host)\.name\]|\b(system|host)\.name\s*[!=]==?|switch \((system|host)\.name\)/i;

test("only system/ and native/ compare the name of the system: others check a capability", () => {
  for (const { path, text } of sources) {
    if (!["system", "native"].includes(folderOf(path))) assert.doesNotMatch(codeOf(text), comparison, path);
  }
  for (const bad of [
    'if (host.name === "windows") {',
    'name !== "linux"',
    '"darwin" === system.name',
    "messages[host.name]",
    "host.name !== other",
    "switch (system.name) {",
    'case "freebsd":',
  ])
    assert.match(bad, comparison);
  assert.doesNotMatch("const { name } = host;", comparison);
});

/**
 * Modules may import each other's types, since the compiler erases these imports, but not each
 * other's values.
 */
const typeCycles: readonly (readonly string[])[] = [
  ["net/channels.ts", "net/connection/connection-base.ts", "net/listener/listener-base.ts"],
  [
    "net/connection/connection-duplex.ts",
    "net/connection/connection-reader.ts",
    "net/connection/connection.ts",
    "net/connection/plain-duplex.ts",
    "net/connection/web-streams.ts",
  ],
  ["net/connection/handled-connection.ts", "net/connection/handlers.ts"],
  ["simulated/host/boot.ts", "simulated/host/simulated-host.ts"],
  ["simulated/host/forward.ts", "simulated/host/ip-layer.ts"],
  ["simulated/host/socket-base.ts", "simulated/host/socket-level.ts"],
];

test("no module imports itself through others", () => {
  assert.deepEqual(cycles(sources.map(({ path, text }) => ({ path, text: withoutTypeImports(text) }))), []);
  assert.deepEqual(cycles(sources), typeCycles);
});

test("import cycles are found", () => {
  const modules = ["a", "b", "c", "d"].map((name, index, { [index + 1]: next = "b" }) => ({
    path: `${name}.ts`,
    text: `import { ${next} } from "./${next}.ts";\n`,
  }));
  assert.deepEqual(cycles(modules), [["b.ts", "c.ts", "d.ts"]]);
  const typeOnly = modules.map(({ path, text }) => ({ path, text: text.replace("import", "import type") }));
  assert.deepEqual(cycles(typeOnly.map(({ path, text }) => ({ path, text: withoutTypeImports(text) }))), []);
});

/** `import { type A }` stays: verbatimModuleSyntax keeps the import of the module. */
function withoutTypeImports(text: string): string {
  return text.replace(/^(import|export) type [^;]*;/gm, "");
}

/** The strongly connected components of more than one module (Tarjan), sorted. */
function cycles(modules: readonly (typeof sources)[number][]): string[][] {
  const imports = new Map(modules.map((module) => [module.path, importsOf(module)]));
  const index = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  for (const { path } of modules) if (!index.has(path)) visit(path);
  return found.sort(([a = ""], [b = ""]) => (a < b ? -1 : 1));

  function visit(path: string): number {
    const own = index.size;
    index.set(path, own);
    stack.push(path);
    let low = own;
    for (const target of imports.get(path) ?? []) {
      if (!index.has(target)) low = Math.min(low, visit(target));
      else if (stack.includes(target)) low = Math.min(low, lowest.get(target) ?? index.get(target) ?? low);
    }
    lowest.set(path, low);
    if (low === own) {
      const component = stack.splice(stack.indexOf(path));
      if (component.length > 1) found.push(component.sort());
    }
    return low;
  }
}

test("the compiler's escape hatches are not used", () => {
  for (const { path, text } of sources) {
    assert.doesNotMatch(
      codeOf(text),
      /@ts-(ignore|nocheck|expect-error)|: any\b|<any>|as any\b|biome-ignore/,
      path,
    );
  }
});
