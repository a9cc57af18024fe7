import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { assertFails } from "../../test/conformance.ts";
import { bind, tryBind } from "./bind.ts";
import { AF, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { socket } from "./socket.ts";

// Run in its own network namespace, whose loopback interface (number 1) gets a link-local
// address.
assert.equal(spawnSync("ip", ["link", "set", "lo", "up"]).status, 0);
assert.equal(spawnSync("ip", ["address", "add", "fe80::1/64", "dev", "lo", "nodad"]).status, 0);

const linkLocal = { family: "ipv6", address: "fe80::1", port: 0 } as const;
const named = [
  { ...linkLocal, scopeId: 1 },
  { ...linkLocal, address: "fe80::1%lo" },
  { ...linkLocal, address: "fe80::1%1" },
  { ...linkLocal, address: "fe80::1%lo", scopeId: 7 },
];
for (const address of named) {
  using server = socket(AF.INET6, SOCK.STREAM);
  bind(server, address);
  const name = getsockname(server);
  assert.ok(name.family === "ipv6");
  assert.deepEqual([name.address, name.scopeId], ["fe80::1", 1]);
}

using server = socket(AF.INET6, SOCK.STREAM);
assertFails(tryBind(server, linkLocal), "InvalidArgument", "EINVAL");
assertFails(tryBind(server, { ...linkLocal, scopeId: 999 }), "DeviceNotFound", "ENODEV");
assertFails(tryBind(server, { ...linkLocal, address: "fe80::2%lo" }), "AddressNotAvailable", "EADDRNOTAVAIL");
