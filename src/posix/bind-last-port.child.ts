import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { assertFails } from "../../test/conformance.ts";
import { loopback } from "../../test/fixture.ts";
import { bind, tryBind } from "./bind.ts";
import { AF, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { socket } from "./socket.ts";

// Run in its own network namespace: the range has one port, and the first socket gets it.
assert.equal(spawnSync("ip", ["link", "set", "lo", "up"]).status, 0);
writeFileSync("/proc/sys/net/ipv4/ip_local_port_range", "40000 40000");
for (const type of [SOCK.STREAM, SOCK.DGRAM]) {
  using first = socket(AF.INET, type);
  bind(first, loopback);
  assert.deepEqual(getsockname(first), { ...loopback, port: 40000 });
  using second = socket(AF.INET, type);
  const error = assertFails(tryBind(second, loopback), "AddressInUse", "EADDRINUSE");
  assert.match(
    error.message,
    /: No port was given, and every port .* in use\. The range is net\.ipv4\.ip_local_port_range\.$/,
  );
}
