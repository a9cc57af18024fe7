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
  cli: ["clock", "diagnose", "net", "posix", "engine", ...vocabulary],
  // The front door.
  "": ["diagnose", "net", "engine", "posix"],
};

const src = join(root, "src");
const sources = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.c?ts$/.test(path) && !/\.(test|type-test|child)\.ts$/.test(path))
  .map((path) => ({ path, text: readFileSync(join(src, path), "utf8") }));

const folderOf = (path: string) => (path.includes("/") ? path.slice(0, path.indexOf("/")) : "");

/** Comments may name what code may not use. */
const codeOf = (text: string) => text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");

test("layers import only from the layers below", () => {
  for (const { path, text } of sources) {
    for (const [, specifier] of text.matchAll(/(?:from |require\(|import\()"(\.[^"]+)"/g)) {
      const target = relative(src, join(src, dirname(path), specifier ?? ""));
      const [from, to] = [folderOf(path), folderOf(target)];
      assert.ok(from === to || mayImport[from]?.includes(to), `${path} imports ${target}`);
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

test("the compiler's escapes are not used", () => {
  for (const { path, text } of sources) {
    assert.doesNotMatch(
      codeOf(text),
      /@ts-(ignore|nocheck|expect-error)|: any\b|<any>|as any\b|biome-ignore/,
      path,
    );
  }
});
