import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { except } from "../../test/platform.ts";
import { root } from "../../test/root.ts";

// Two copies of the package in one process: two versions in a tree of packages, or two Jest test
// files, each in its own context. They share the only koffi.

const dist = join(root, "dist");
const child = fileURLToPath(new URL("two-copies.child.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "berkeley-copies-"));
const entries = ["one", "two"].map((name) => join(folder, name, "index.js"));

before(() => {
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  for (const name of ["one", "two"]) {
    const isOurs = (path: string) => !/\.(test|child)\.js$|\.map$|\.d\.c?ts$/.test(path);
    cpSync(dist, join(folder, name), { recursive: true, filter: isOurs });
  }
});
after(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [child, ...args, ...entries], {
    encoding: "utf8",
    timeout: 60_000,
  });
  assert.deepEqual({ status, signal, stderr, stdout }, { status: 0, signal: null, stderr: "", stdout: "" });
}

test("two copies of the package serve side by side, and connect to each other", () => run());

const node = "elsewhere only the main thread has an engine";
test("two copies serve in the main thread and in a worker thread", except({ bun: node, deno: node }), () =>
  run("--worker"),
);
