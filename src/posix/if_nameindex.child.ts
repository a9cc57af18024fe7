// Run in its own network namespace: its interfaces are those named here, and `lo` is down.
import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { assertFails } from "../../test/conformance.ts";
import { ip } from "../../test/network-namespace.ts";
import { if_indextoname, tryIf_indextoname } from "./if_indextoname.ts";
import { if_nameindex } from "./if_nameindex.ts";
import { if_nametoindex, tryIf_nametoindex } from "./if_nametoindex.ts";

const LONGEST = "fifteen-letters";
ip(`link add ${LONGEST} type veth peer name ünïcode`);
assert.deepEqual(networkInterfaces(), {}, "none has an address");
const names = if_nameindex();
assert.deepEqual(names.map(({ name }) => name).sort(), [LONGEST, "lo", "ünïcode"].sort());
for (const { index, name } of names) {
  assert.equal(if_nametoindex(name), index);
  assert.equal(if_indextoname(index), name);
}

const index = if_nametoindex(LONGEST);
ip(`link set ${LONGEST} name other`);
assert.equal(if_indextoname(index), "other");
assertFails(tryIf_nametoindex(LONGEST), "DeviceNotFound", "ENODEV");
ip("link del other");
assertFails(tryIf_indextoname(index), "DeviceNotFound", "ENXIO");
