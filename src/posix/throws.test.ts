import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../../test/root.ts";
import { ErrorSet } from "../errors/error-set.ts";

const dist = join(root, "dist/posix");
const source = join(root, "src/posix");

test("the @throws list of each call is its error set, in its order", async () => {
  const calls: string[] = [];
  for (const file of readdirSync(dist).filter((name) => /^[a-z]+\.js$/.test(name))) {
    const module: Record<string, unknown> = await import(join(dist, file));
    const call = file.replace(/\.js$/, "");
    const set = module[`${call}Errors`];
    if (!(set instanceof ErrorSet)) continue;
    calls.push(call);
    const text = readFileSync(join(source, `${call}.ts`), "utf8");
    const [, list] = / \* @throws \w+ named ([^;]*?)\n \* @(?!throws \w+ named)/.exec(text) ?? [];
    assert.deepEqual(
      [...(list ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name),
      Object.keys(set.entries),
      call,
    );
  }
  assert.ok(calls.length >= 18, calls.join());
});
