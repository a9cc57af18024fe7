import assert from "node:assert/strict";
import { test } from "node:test";
import { ofCurrentSystem } from "./of-current-system.ts";

test("properties are read from the System that is current at the time", () => {
  let numbers: Record<string, number> = { INET: 2, INET6: 30 };
  const lacking = {
    get NETLINK(): number {
      throw new TypeError("lacking");
    },
  };
  const names = ofCurrentSystem<Record<string, number>>(() => numbers, lacking);
  assert.equal(names.INET6, 30);
  assert.deepEqual({ ...names }, { INET: 2, INET6: 30 });
  assert.throws(() => names.NETLINK, TypeError);
  numbers = { INET: 2, INET6: 10, NETLINK: 16 };
  assert.equal(names.INET6, 10);
  assert.equal(names.NETLINK, 16);
  assert.equal("VSOCK" in names, false);
  assert.deepEqual(Object.entries(names), Object.entries(numbers));
});
