// Changes that `hold --watch` must notice: builds that remove their folder, editors that replace
// files.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { inherited } from "../../test/held-process.ts";
import { watchPaths } from "./watch-paths.ts";

function folder(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "watch "));
  context.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Watches, and returns a function that waits for a burst of changes since its last call. */
async function watching(context: TestContext, ...paths: readonly string[]): Promise<() => Promise<string>> {
  const seen: string[] = [];
  let wake = () => {};
  const changed = (path: string) => {
    seen.push(path);
    wake();
  };
  const stop = await watchPaths(paths, changed, assert.fail);
  context.after(stop);
  return async () => {
    if (seen.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return seen.splice(0).at(-1) ?? "";
  };
}

/** One burst may be reported twice, so only a later change reveals a lost watch. */
const changes = ["one", "two", "three"];

test(
  "a folder that a build removes, and makes again at once, is still watched",
  inherited,
  async (context) => {
    const dist = join(folder(context), "dist");
    mkdirSync(join(dist, "below"), { recursive: true });
    writeFileSync(join(dist, "below/a.js"), "0");
    const next = await watching(context, dist);
    for (let build = 1; build <= 3; build++) {
      rmSync(dist, { recursive: true });
      mkdirSync(join(dist, "below"), { recursive: true });
      writeFileSync(join(dist, "below/a.js"), `${build}`);
      await next();
      for (const change of changes) {
        writeFileSync(join(dist, `below/${change}.js`), "");
        await next();
      }
    }
  },
);

test(
  "a folder that disappears for a while, or comes back empty, is watched again",
  inherited,
  async (context) => {
    const dist = join(folder(context), "dist");
    mkdirSync(dist);
    const next = await watching(context, dist);
    rmSync(dist, { recursive: true });
    await next();
    mkdirSync(dist);
    await next();
    for (const change of changes) {
      writeFileSync(join(dist, `${change}.js`), "");
      await next();
    }
  },
);

test("a file that an editor replaces, time after time", inherited, async (context) => {
  const made = folder(context);
  const file = join(made, "config.json");
  writeFileSync(file, "");
  const next = await watching(context, file);
  for (let save = 1; save <= 3; save++) {
    writeFileSync(`${file}.tmp`, `${save}`);
    renameSync(`${file}.tmp`, file);
    assert.equal(await next(), file);
  }
});

test("node_modules and .git are left out below a path, and not above it", inherited, async (context) => {
  const source = join(folder(context), "node_modules/package/src");
  for (const each of ["node_modules/other", ".git"]) mkdirSync(join(source, each), { recursive: true });
  writeFileSync(join(source, "a.js"), "");
  const next = await watching(context, source);
  writeFileSync(join(source, "node_modules/other/b.js"), "");
  writeFileSync(join(source, ".git/index"), "");
  writeFileSync(join(source, "a.js"), "changed");
  assert.equal(await next(), join(source, "a.js"));
});
