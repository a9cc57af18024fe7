import assert from "node:assert/strict";
import { test } from "node:test";
import { enginesHere } from "../../test/engine/engines-here.ts";
import { engine, engineChoice } from "./choice.ts";

/** Runs with BERKELEY_ENGINE set so, or not set. */
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

test("engineChoice: by itself, the best that the system has, and why", () => {
  for (const unset of [undefined, ""]) {
    withEnvironment(unset, () => {
      const { name, reason } = engineChoice();
      assert.equal(name, enginesHere[0]?.name);
      assert.match(reason, name === "uring" ? /^the kernel has every/ : /^io_uring is unavailable: /);
      assert.equal(engine(), enginesHere[0]);
    });
  }
});

test("engineChoice: the environment's before that, and what is asked for before all", () => {
  for (const each of enginesHere) {
    withEnvironment(each.name, () => {
      assert.deepEqual(engineChoice(), { name: each.name, reason: "BERKELEY_ENGINE says so" });
      assert.equal(engine(), each);
      for (const { name } of enginesHere)
        assert.deepEqual(engineChoice(name), { name, reason: "it was asked for" });
    });
  }
});

test("engineChoice: what is no engine is refused", () => {
  for (const bad of ["epoll", "toString", "", 7, null]) {
    // @ts-expect-error that is the point
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
