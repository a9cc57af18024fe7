import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { root } from "../test/root.ts";

// The map of ARCHITECTURE.md, held by a test: which folders a folder may import from.
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
  engine: ["clock", "native", "system", "errors"],
  diagnose: ["clock", "engine", "posix", "system", ...vocabulary],
  net: ["clock", "engine", "posix", "system", ...vocabulary],
  node: ["clock", "net", "engine", "posix", "system", ...vocabulary],
  cli: ["clock", "diagnose", "net", "posix", "engine", ...vocabulary],
  // The entry point of the async API.
  "": ["diagnose", "node", "net", "engine", "posix"],
};

const src = join(root, "src");
const sources = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.c?ts$/.test(path) && !/\.(test|type-test|child)\.ts$/.test(path))
  .map((path) => ({ path, text: readFileSync(join(src, path), "utf8") }));

const folderOf = (path: string) => (path.includes("/") ? path.slice(0, path.indexOf("/")) : "");

/** Comments may name what code may not use. */
const codeOf = (text: string) => text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");

const importsOf = ({ path, text }: (typeof sources)[number]) =>
  [...text.matchAll(/(?:from |require\(|import\()"(\.[^"]+)"/g)].map(([, specifier = ""]) =>
    relative(src, join(src, dirname(path), specifier)),
  );

test("layers import only from the layers below", () => {
  for (const source of sources) {
    for (const target of importsOf(source)) {
      const [from, to] = [folderOf(source.path), folderOf(target)];
      assert.ok(from === to || mayImport[from]?.includes(to), `${source.path} imports ${target}`);
    }
  }
});

test("only native/ imports koffi", () => {
  for (const { path, text } of sources) {
    if (folderOf(path) !== "native") assert.doesNotMatch(codeOf(text), /["']koffi["']/, path);
  }
});

test("only system/ and native/ ask for the platform, and only engine/wake for the runtime", () => {
  for (const { path, text } of sources) {
    const folder = folderOf(path);
    if (folder !== "system" && folder !== "native")
      assert.doesNotMatch(codeOf(text), /process\.(platform|arch)\b/, path);
    if (!path.startsWith("engine/wake"))
      assert.doesNotMatch(codeOf(text), /\b(Bun|Deno)\b|versions\.(bun|deno)/, path);
  }
});

/**
 * A global or a module that tells the time or sets a timer; `clock.setTimeout()` and a method's
 * declaration are neither.
 */
const timing =
  /(?<![.\w#])((set|clear)(Timeout|Interval|Immediate)|queueMicrotask)\b(?!\(timeout: number)|(globalThis|global|window)\.(set|clear|queue)|(performance\.|Date\.)now\b|\bnew Date\(\)|\bhrtime\b|process\.nextTick\b|AbortSignal\.timeout|node:(timers|perf_hooks)/;

test("only clock/ touches timers and the time, which fake timers replace", () => {
  for (const { path, text } of sources) {
    if (folderOf(path) !== "clock") assert.doesNotMatch(codeOf(text), timing, path);
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

/** Files that still compare a system's name, how often, and why. New code asks for a capability. */
const comparesName: Readonly<Record<string, readonly [times: number, reason: string]>> = {
  "diagnose/netstat.ts": [1, "the counters are files of Linux's /proc"],
  "diagnose/watch-queue.ts": [1, "only Linux counts what it drops"],
  "engine/linger-at-once.ts": [1, "Windows' struct linger has 16-bit members"],
  "net/handoff/hand-over.ts": [1, "Node passes no sockets between processes on Windows"],
  "net/handoff/listeners-from-environment.ts": [1, "a process on Windows inherits no descriptors"],
  "net/handoff/take-over.ts": [1, "Node passes no sockets between processes on Windows"],
  "net/listener/reserved-port.ts": [1, "Node cannot listen on a descriptor on Windows"],
  "posix/borrow.ts": [1, "Node's sockets have no descriptor on Windows"],
};

test("only system/ and native/ compare the name of the system", () => {
  const compared: Record<string, number> = {};
  for (const { path, text } of sources) {
    if (["system", "native"].includes(folderOf(path))) continue;
    const found = codeOf(text).match(
      /\b(system|host)\.name\s*[!=]==?|[!=]==?\s*(system|host)\.name\b|switch \((system|host)\.name\)/gi,
    );
    if (found !== null) compared[path] = found.length;
  }
  const allowed = Object.entries(comparesName).map(([path, [times]]) => [path, times]);
  assert.deepEqual(compared, Object.fromEntries(allowed));
});

/**
 * Modules that import each other's types; the compiler erases these imports. None may import each
 * other's values.
 */
const typeCycles: readonly (readonly string[])[] = [
  ["errors/explanation.ts", "errors/socket-error.ts"],
  ["net/connection/connection.ts", "net/connection/web-streams.ts"],
  ["net/connection/handled-connection.ts", "net/connection/handled-stream.ts", "net/connection/handlers.ts"],
  ["net/connection/pieces.ts", "net/connection/pulled-stream.ts"],
  ["net/udp/datagram-handlers.ts", "net/udp/handled-datagram-socket.ts", "net/udp/handled-datagrams.ts"],
  ["posix/recv-errno.ts", "posix/recv.ts"],
  ["posix/send-errno.ts", "posix/send.ts"],
];

test("no module imports itself by way of others", () => {
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

test("the compiler's escapes are not used", () => {
  for (const { path, text } of sources) {
    assert.doesNotMatch(
      codeOf(text),
      /@ts-(ignore|nocheck|expect-error)|: any\b|<any>|as any\b|biome-ignore/,
      path,
    );
  }
});
