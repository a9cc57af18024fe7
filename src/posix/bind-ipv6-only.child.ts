import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { assertFails } from "../../test/conformance.ts";
import { bind, tryBind } from "./bind.ts";
import { AF, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { socket } from "./socket.ts";

// Run in its own network namespace, because the default of IPV6_V6ONLY is set per namespace.
assert.equal(spawnSync("ip", ["link", "set", "lo", "up"]).status, 0);

const port = portOf({ bindv6only: "0" });
using taken = socket(AF.INET6, SOCK.STREAM);
bind(taken, { family: "ipv6", address: "::", port });
using ipv4 = socket(AF.INET, SOCK.STREAM);
assertFails(tryBind(ipv4, { family: "ipv4", address: "127.0.0.1", port }), "AddressInUse", "EADDRINUSE");

const otherPort = portOf({ bindv6only: "1" });
using apart = socket(AF.INET6, SOCK.STREAM);
bind(apart, { family: "ipv6", address: "::", port: otherPort });
bind(ipv4, { family: "ipv4", address: "127.0.0.1", port: otherPort });
using mapped = socket(AF.INET6, SOCK.STREAM);
assertFails(
  tryBind(mapped, { family: "ipv6", address: "::ffff:127.0.0.1", port: 0 }),
  "InvalidArgument",
  "EINVAL",
);

/** A free port, found after the default is set. */
function portOf(setting: { bindv6only: string }): number {
  writeFileSync("/proc/sys/net/ipv6/bindv6only", setting.bindv6only);
  using probe = socket(AF.INET6, SOCK.STREAM);
  bind(probe, { family: "ipv6", address: "::", port: 0 });
  const name = getsockname(probe);
  assert.ok("port" in name);
  return name.port;
}
