import assert from "node:assert/strict";
import { test } from "node:test";
import { darwinNumbers } from "./darwin/numbers.ts";
import { freebsdNumbers } from "./freebsd/numbers.ts";
import { linuxNumbers } from "./linux/numbers.ts";
import { windowsNumbers } from "./windows/numbers.ts";

for (const numbers of [darwinNumbers, freebsdNumbers, linuxNumbers, windowsNumbers]) {
  test(`the capabilities of ${numbers.name} agree with its numbers`, () => {
    const { capabilities, controls, options } = numbers;
    assert.equal(capabilities.passesDescriptors, "SCM_RIGHTS" in controls);
    assert.equal(capabilities.countsDrops, "SO_MEMINFO" in options);
  });
}
