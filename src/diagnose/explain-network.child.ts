// Runs in its own network namespace, where it may set port ranges.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { ip } from "../../test/network-namespace.ts";
import { becomeUnprivileged } from "../../test/unprivileged.ts";
import { tryBind } from "../posix/bind.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { listen } from "../posix/listen.ts";
import { socket } from "../posix/socket.ts";
import { explain } from "./explain.ts";

const at = (port: number) => ({ family: "ipv4", address: "127.0.0.1", port }) as const;
const set = (name: string, value: string) => writeFileSync(`/proc/sys/net/ipv4/${name}`, value);

ip("link set lo up");
set("ip_local_port_range", "40000 40003");
set("ip_local_reserved_ports", "40001,50000-50010");

assert.match(explain(at(50005)).text, /The port is reserved/);
assert.equal(explain(at(50005)).verdict, "free");
assert.match(explain(at(40002)).text, /in the ephemeral range \(40000 to 40003/);

assert.equal(explain(at(0)).verdict, "free");
const listeners = [1, 2, 3].map(() => {
  const listener = socket(AF.INET, SOCK.STREAM);
  listen(listener, 1);
  return listener;
});
const usedUp = explain(at(0));
assert.deepEqual(usedUp.causes, [
  { kind: "ports-exhausted", first: 40000, last: 40003, reserved: 1, used: 3, timeWait: 0 },
]);
assert.equal(usedUp.verdict, "unavailable");
assert.match(usedUp.message, /^every ephemeral port is in use: 40000 to 40003/);
using one = socket(AF.INET, SOCK.STREAM);
assert.equal(tryBind(one, at(0)).ok, false, "bind() agrees");
listeners[0]?.[Symbol.dispose]();
assert.equal(explain(at(0)).verdict, "free");

set("ip_unprivileged_port_start", "700");
assert.equal(explain(at(600)).verdict, "free", "this process may");
becomeUnprivileged();
const privileged = explain(at(600));
assert.deepEqual(privileged.causes, [{ kind: "privileged-port", port: 600, start: 700 }]);
assert.equal(privileged.verdict, "unavailable");
assert.match(privileged.message, /^privileged port \(below 700,/);
assert.equal(explain(at(700)).verdict, "free");
