import assert from "node:assert/strict";
import { BlockList } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { formatIpv6 } from "../../address/ip.ts";
import { AddressList } from "./address-list.ts";

test("addresses and networks, including IPv4 addresses in IPv6 form", () => {
  const list = new AddressList("trusted", ["10.0.0.0/8", "192.0.2.7", "fd00::/8", "::ffff:198.51.100.0/120"]);
  for (const address of [
    "10.255.0.1",
    "::ffff:10.1.2.3",
    "192.0.2.7",
    "fdff::1",
    "fd00::1%eth0",
    "198.51.100.9",
  ])
    assert.equal(list.check(address), true, address);
  for (const address of ["11.0.0.1", "192.0.2.8", "fc00::1", "::10.0.0.1", "198.51.101.1", "", "localhost"])
    assert.equal(list.check(address), false, address);
  assert.equal(new AddressList("trusted", ["0.0.0.0/0"]).check("::1"), false);
  assert.equal(new AddressList("trusted", ["::/0"]).check("::1"), true);
});

test("malformed entries", () => {
  for (const entry of [
    "",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/8/8",
    "::/129",
    "10.0/8",
    "host",
    "::1/x",
    " ::1",
  ])
    assert.throws(() => new AddressList("trusted", [entry]), { code: "ERR_INVALID_ARG_VALUE" }, entry);
});

test("rejects a mapped network that would contain every IPv4 address", () => {
  for (const entry of ["::ffff:10.0.0.0/8", "::ffff:0:0/95", "::ffff:a00:1/0"])
    assert.throws(() => new AddressList("trusted", [entry]), { code: "ERR_OUT_OF_RANGE" }, entry);
  assert.equal(new AddressList("trusted", ["::ffff:0:0/96"]).check("192.0.2.1"), true);
  assert.equal(new AddressList("trusted", ["::ffff:10.0.0.0/104"]).check("11.0.0.1"), false);
});

test("a list agrees with Node's BlockList", () => {
  const byte = fc.constantFrom(0, 1, 10, 127, 128, 192, 254, 255);
  const four = fc.array(byte, { minLength: 4, maxLength: 4 }).map((bytes) => bytes.join("."));
  const six = fc
    .array(byte, { minLength: 16, maxLength: 16 })
    .map((bytes) => formatIpv6(Uint8Array.from(bytes)))
    // Node's treats mapped addresses as IPv4 in addresses, but not in networks.
    .filter((address) => !address.startsWith("::ffff:"));
  const network = fc.oneof(
    fc.record({ address: four, bits: fc.integer({ min: 0, max: 32 }), family: fc.constant("ipv4" as const) }),
    fc.record({ address: six, bits: fc.integer({ min: 0, max: 128 }), family: fc.constant("ipv6" as const) }),
  );
  fc.assert(
    fc.property(network, fc.oneof(four, six), ({ address, bits, family }, asked) => {
      const askedFamily = asked.includes(":") ? "ipv6" : "ipv4";
      fc.pre(askedFamily === family);
      const nodes = new BlockList();
      nodes.addSubnet(address, bits, family);
      const ours = new AddressList("trusted", [`${address}/${bits}`]);
      assert.equal(ours.check(asked), nodes.check(asked, askedFamily));
    }),
  );
});
