import assert from "node:assert/strict";
import { test } from "node:test";
import { host } from "../system/host.ts";
import { AF, IPPROTO, MSG, POLL, SHUT, SOCK, SOL, SOMAXCONN } from "./constants.ts";

test("a constant is the system's number, and only what the system has is there", () => {
  assert.equal(AF.INET, host.constants.AF.INET);
  assert.deepEqual({ ...AF }, { ...host.constants.AF });
  assert.equal("INET" in AF, true);
  assert.equal("NETLINK" in AF, host.constants.AF.NETLINK !== undefined);
});

const groups = { AF, IPPROTO, MSG, POLL, SHUT, SOCK, SOL };

for (const [prefix, group] of Object.entries(groups)) {
  test(`a constant ${prefix} that the system lacks throws, and says how to ask first`, () => {
    assert.throws(() => Reflect.get(group, "NO_SUCH"), {
      name: "TypeError",
      message: `${host.name} has no ${prefix}_NO_SUCH; test for it with \`"NO_SUCH" in ${prefix}\``,
    });
    assert.equal("NO_SUCH" in group, false);
    assert.equal(`${group}`, "[object Object]");
  });
}

test("the constants are those of the system", () => {
  for (const [name, group] of Object.entries(groups))
    assert.deepEqual({ ...group }, { ...Object.entries(host.constants).find(([key]) => key === name)?.[1] });
  assert.equal(SOMAXCONN, host.constants.SOMAXCONN);
});
