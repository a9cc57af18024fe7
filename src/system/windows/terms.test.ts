import assert from "node:assert/strict";
import { test } from "node:test";
import { words } from "./terms.ts";

test("the advice on an excluded port is netsh's list of excluded ranges", () => {
  assert.equal(words.advice.excluded[0]?.command, "netsh int ipv4 show excludedportrange protocol=tcp");
});
