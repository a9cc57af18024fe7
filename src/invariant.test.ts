import assert from "node:assert/strict";
import { test } from "node:test";
import { defined, invariant } from "./invariant.ts";

test("invariant() throws if its condition does not hold", () => {
  const value: number | undefined = [1].at(0);
  invariant(value !== undefined, "the list has an entry");
  assert.equal(value.toFixed(), "1");
  for (const condition of [false, undefined, null, 0, ""])
    assert.throws(() => invariant(condition, "there is one"), {
      message: "berkeley: invariant violated: there is one; please report this",
    });
});

test("defined() returns its value, and throws for undefined and null", () => {
  for (const value of [0, "", false, 0n]) assert.equal(defined(value, "there is one"), value);
  for (const value of [undefined, null])
    assert.throws(() => defined(value, "there is one"), {
      message: "berkeley: invariant violated: there is one; please report this",
    });
});
