import assert from "node:assert/strict";
import { test } from "node:test";
import { columnsOf, wrap } from "./wrap.ts";

test("text is broken at spaces, and a long word stays whole", () => {
  assert.deepEqual(wrap("who has port 3000", 8), ["who has", "port", "3000"]);
  assert.deepEqual(wrap("who has port 3000", 12), ["who has port", "3000"]);
  assert.deepEqual(wrap("at /a/very/long/path it is", 6), ["at", "/a/very/long/path", "it is"]);
  assert.deepEqual(wrap("short", 80), ["short"]);
  assert.deepEqual(wrap("", 80), [""]);
});

test("a style takes no columns", () => {
  const styled = "\u001b[1mport\u001b[22m \u001b[38;5;1mtaken\u001b[39m";
  assert.equal(columnsOf(styled), "port taken".length);
  assert.deepEqual(wrap(styled, "port taken".length), [styled]);
});

test("East Asian characters and emoji take two columns, marks none", () => {
  assert.equal(columnsOf("ポート"), 6);
  assert.equal(columnsOf("포트"), 4);
  assert.equal(columnsOf("🔌"), 2);
  assert.equal(columnsOf("e\u0301té"), 3);
  assert.equal(columnsOf("Größe…"), 6);
  assert.deepEqual(wrap("ポート 端口", 6), ["ポート", "端口"]);
});
