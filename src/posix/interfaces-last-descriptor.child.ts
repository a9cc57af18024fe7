// Run with a low descriptor limit: glibc's three calls each need a socket, but no descriptor is
// left.
import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { assertFails } from "../../test/conformance.ts";
import { tryIf_indextoname } from "./if_indextoname.ts";
import { if_nameindex, tryIf_nameindex } from "./if_nameindex.ts";
import { tryIf_nametoindex } from "./if_nametoindex.ts";

const files: number[] = [];
try {
  for (;;) files.push(openSync("/dev/null", "r"));
} catch {
  // EMFILE: that was the last one.
}
assertFails(tryIf_nametoindex("lo"), "ProcessFdQuotaExceeded");
assertFails(tryIf_indextoname(1), "ProcessFdQuotaExceeded");
assertFails(tryIf_nameindex(), "ProcessFdQuotaExceeded", "EMFILE");
for (const file of files) closeSync(file);
assert.ok(if_nameindex().some(({ name }) => name === "lo"));
