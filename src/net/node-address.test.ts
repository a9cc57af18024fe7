import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeAddress } from "./node-address.ts";

test("addresses in the format of net.Socket's address()", () => {
  assert.deepEqual(nodeAddress({ family: "ipv4", address: "127.0.0.1", port: 80 }), {
    address: "127.0.0.1",
    family: "IPv4",
    port: 80,
  });
  assert.deepEqual(nodeAddress({ family: "ipv6", address: "::1", port: 80, flowlabel: 0, scopeId: 0 }), {
    address: "::1",
    family: "IPv6",
    port: 80,
  });
  assert.deepEqual(nodeAddress({ family: "unix", path: "/run/a" }), {});
});
