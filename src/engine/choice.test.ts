import assert from "node:assert/strict";
import { test } from "node:test";
import { enginesHere } from "../../test/engine/engines-here.ts";
import { engine, engineChoice } from "./choice.ts";

/** Runs with BERKELEY_ENGINE set to a value, or unset. */
function withEnvironment(value: string | undefined, run: () => void): void {
  const before = process.env.BERKELEY_ENGINE;
  const set = (to: string | undefined) => {
    if (to === undefined) delete process.env.BERKELEY_ENGINE;
    else process.env.BERKELEY_ENGINE = to;
  };
  set(value);
  try {
    run();
  } finally {
    set(before);
  }
}

test("engineChoice: by default, the best engine that the system supports, with the reason", () => {
  for (const unset of [undefined, ""]) {
    withEnvironment(unset, () => {
      const { name, reason } = engineChoice();
      assert.equal(name, enginesHere[0]?.name);
      assert.match(reason, name === "uring" ? /^the kernel has every/ : /^io_uring is unavailable: /);
      assert.equal(engine(), enginesHere[0]);
    });
  }
});

test("engineChoice: the environment overrides the default, and the argument overrides both", () => {
  for (const each of enginesHere) {
    withEnvironment(each.name, () => {
      assert.deepEqual(engineChoice(), { name: each.name, reason: "BERKELEY_ENGINE requests it" });
      assert.equal(engine(), each);
      for (const { name } of enginesHere)
        assert.deepEqual(engineChoice(name), { name, reason: "the program requested it" });
    });
  }
});

test("engineChoice: rejects an unknown engine", () => {
  for (const bad of ["epoll", "toString", "", 7, null]) {
    // @ts-expect-error not an engine's name
    assert.throws(() => engineChoice(bad), {
      name: "TypeError",
      message: /^engine must be uring or readiness, not /,
    });
  }
  withEnvironment("epoll", () => {
    assert.throws(() => engineChoice(), {
      message: 'BERKELEY_ENGINE is "epoll"; it must be uring or readiness',
    });
  });
});
