import assert from "node:assert/strict";
import { test } from "node:test";
import { host } from "../system/host.ts";
import { AF, MSG } from "./constants.ts";

test("a constant is the system's number, and only what the system has is there", () => {
  assert.equal(AF.INET, host.constants.AF.INET);
  assert.deepEqual({ ...AF }, { ...host.constants.AF });
  assert.equal("INET" in AF, true);
  assert.equal("NETLINK" in AF, host.constants.AF.NETLINK !== undefined);
});

test("a constant that the system lacks throws, and says how to ask first", () => {
  const inexistent: object = MSG;
  assert.throws(() => Reflect.get(inexistent, "NO_SUCH"), {
    name: "TypeError",
    message: `${host.name} has no MSG_NO_SUCH; test for it with \`"NO_SUCH" in MSG\``,
  });
  assert.equal("NO_SUCH" in MSG, false);
  assert.equal(`${AF}`, "[object Object]");
});
