import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { AF, SOCK } from "./constants.ts";
import { listen, tryListen } from "./listen.ts";
import { socket } from "./socket.ts";

// Run in its own network namespace by listen.test.ts: the range has one port, and the first
// socket gets it.
writeFileSync("/proc/sys/net/ipv4/ip_local_port_range", "40000 40000");
using first = socket(AF.INET, SOCK.STREAM);
listen(first, 1);
using second = socket(AF.INET, SOCK.STREAM);
const result = tryListen(second, 1);
assert.ok(!result.ok && result.error.name === "AddressInUse");
assert.equal(result.error.code, "EADDRINUSE");
assert.match(result.error.message, /: The socket was not bound, and every port .* is in use\. /);
