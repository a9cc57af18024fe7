import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { getsockname } from "./getsockname.ts";

// Reading a dgram.Socket's `_handle` would print DEP0112.
const warnings: Error[] = [];
process.on("warning", (warning) => warnings.push(warning));

const datagrams = createSocket("udp4");
datagrams.bind(0, "127.0.0.1");
await once(datagrams, "listening");
assert.equal(getsockname(datagrams).family, "ipv4");
datagrams.close();
await once(datagrams, "close");
await setImmediate();
assert.equal(warnings.length, 0, `${warnings[0]}`);

// Checks that the warning would be noticed. Node 26 has no `_handle` here.
if ("_handle" in datagrams) {
  Reflect.get(datagrams, "_handle");
  await setImmediate();
  assert.ok(warnings.some((warning) => "code" in warning && warning.code === "DEP0112"));
}
