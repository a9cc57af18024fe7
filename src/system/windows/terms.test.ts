import assert from "node:assert/strict";
import { test } from "node:test";
import { terms } from "./terms.ts";

test("the advice on an excluded port is netsh's list of excluded ranges", () => {
  assert.equal(terms.advice.excluded[0]?.command, "netsh int ipv4 show excludedportrange protocol=tcp");
});
