import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { isIP, isIPv4, isIPv6 } from "./is-ip.ts";

function isAsNodes(text: string): void {
  assert.equal(isIP(text), net.isIP(text), text);
  assert.equal(isIPv4(text), net.isIPv4(text), text);
  assert.equal(isIPv6(text), net.isIPv6(text), text);
}

test("isIP: as node:net's, for texts like addresses", () => {
  const octet = fc.oneof(fc.nat(300).map(String), fc.constantFrom("01", "00", "", "1a", "٣"));
  const dotted = fc.array(octet, { minLength: 3, maxLength: 5 }).map((parts) => parts.join("."));
  const group = fc.oneof(
    fc.nat(0x1ffff).map((number) => number.toString(16)),
    fc.constantFrom("", "", "", "G", "0000", "ABCD", "1.2.3.4"),
  );
  const groups = fc.array(group, { maxLength: 10 }).map((parts) => parts.join(":"));
  const zone = fc.constantFrom("", "", "%eth0", "%", "%1%2", "%a b", "%a-b.c:d");
  const address = fc.oneof(
    dotted,
    groups,
    fc.tuple(groups, zone).map(([text, added]) => text + added),
  );
  fc.assert(fc.property(address, isAsNodes), { numRuns: 20_000 });
});

test("isIP: as node:net's, for any text and the extremes", () => {
  fc.assert(fc.property(fc.string(), isAsNodes));
  for (const text of [
    "",
    "::",
    ":",
    ":::",
    "::1",
    "1::",
    "1:2:3:4:5:6:7::",
    "::2:3:4:5:6:7:8",
    "1::2::3",
    "\n",
    "::1\n",
  ])
    isAsNodes(text);
});
