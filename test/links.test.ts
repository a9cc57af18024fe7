import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { except } from "./platform.ts";
import { root } from "./root.ts";

const here = except({ windows: "the documents are not part of the package there" });
const decisions = () => readdirSync(join(root, "docs/decisions")).sort();
const pages = () =>
  [
    ...readdirSync(root),
    ...readdirSync(join(root, "docs")).map((file) => `docs/${file}`),
    ...decisions().map((file) => `docs/decisions/${file}`),
  ].filter((file) => file.endsWith(".md"));

test("every relative link of a document leads to a file", here, () => {
  const broken = pages().flatMap((page) =>
    [...readFileSync(join(root, page), "utf8").matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
      .map(([, target = ""]) => target)
      .filter((target) => !existsSync(join(root, dirname(page), target)))
      .map((target) => `${page}: ${target}`),
  );
  assert.deepEqual(broken, []);
});

test("the index of decisions lists every record", here, () => {
  const index = readFileSync(join(root, "docs/decisions/README.md"), "utf8");
  const listed = [...index.matchAll(/\]\((.*\.md)\)/g)].map(([, file]) => file);
  assert.deepEqual(
    listed,
    decisions().filter((file) => file !== "README.md"),
  );
});

test("README is under 250 lines and links to docs/listen.md on its first screen", here, () => {
  const lines = readFileSync(join(root, "README.md"), "utf8").split("\n");
  assert.ok(lines.length <= 250, `${lines.length - 1} lines`);
  assert.ok(lines.slice(0, 25).some((line) => line.includes("(docs/listen.md)")));
});
