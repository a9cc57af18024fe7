import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { assertFails } from "../../test/conformance.ts";
import { becomeUnprivileged } from "../../test/unprivileged.ts";
import { bind, tryBind } from "./bind.ts";
import { AF, SOCK } from "./constants.ts";
import { socket } from "./socket.ts";

// Run in its own network namespace, where ports below 1024 are privileged even if they are not
// outside.
writeFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "1024");
assert.equal(spawnSync("ip", ["link", "set", "lo", "up"]).status, 0);
becomeUnprivileged();

for (const type of [SOCK.STREAM, SOCK.DGRAM]) {
  using ipv4 = socket(AF.INET, type);
  const error = assertFails(
    tryBind(ipv4, { family: "ipv4", address: "127.0.0.1", port: 81 }),
    "AccessDenied",
    "EACCES",
  );
  assert.deepEqual([error.address, error.port], ["127.0.0.1", 81]);
  assert.match(error.message, /: The port is privileged.*ip_unprivileged_port_start/);
  bind(ipv4, { family: "ipv4", address: "127.0.0.1", port: 1024 });

  using ipv6 = socket(AF.INET6, type);
  assertFails(tryBind(ipv6, { family: "ipv6", address: "::1", port: 1023 }), "AccessDenied", "EACCES");
}
