import assert from "node:assert/strict";
import { test } from "node:test";
import { host } from "../system/host.ts";
import { LENGTH_SIZE, ValueResult } from "../system/value-result.ts";
import type { AddressInput } from "./address.ts";
import { AddressCache } from "./address-cache.ts";
import { decodeAddress, encodeAddress } from "./sockaddr.ts";

const addresses: readonly AddressInput[] = [
  ...Array.from({ length: 1000 }, (_, index) => ({
    family: "ipv4" as const,
    address: `10.0.${index % 7}.${index % 11}`,
    port: 1 + index,
  })),
  ...Array.from({ length: 300 }, (_, index) => ({
    family: "ipv6" as const,
    address: `2001:db8::${(index % 5).toString(16)}`,
    port: 1 + index,
    flowlabel: index % 2,
    scopeId: index % 3,
  })),
  ...["", "a", "ab", "abc", "abcd", "abd", "x".repeat(100)].map((path) => ({
    family: "unix" as const,
    path,
  })),
  { family: "unspecified" },
];

function encoded(address: AddressInput): ValueResult {
  const value = new ValueResult(new ArrayBuffer(LENGTH_SIZE + 128));
  encodeAddress(address, host, value);
  // The system leaves what was there after an address.
  value.bytes.fill(0xff, value.length);
  return value;
}

test("an AddressCache decodes as decodeAddress(), in every order", () => {
  const cache = new AddressCache(host);
  for (let step = 1; step < 20; step += 3)
    for (let index = 0; index < addresses.length; index++) {
      const address = addresses[(index * step) % addresses.length];
      assert.ok(address !== undefined);
      const value = encoded(address);
      assert.deepEqual(cache.decode(value), decodeAddress(host, value));
    }
});

test("an AddressCache gives one frozen object for equal addresses", () => {
  const cache = new AddressCache(host);
  const [one, two] = [
    encoded({ family: "ipv4", address: "127.0.0.1", port: 1 }),
    encoded({ family: "ipv4", address: "127.0.0.1", port: 2 }),
  ];
  const first = cache.decode(one);
  assert.ok(Object.isFrozen(first));
  assert.equal(cache.decode(one), first);
  const second = cache.decode(two);
  assert.notEqual(second, first);
  const again = cache.decode(one);
  assert.deepEqual(again, first);
  assert.equal(cache.decode(two), second);
  assert.equal(cache.decode(one), again);
});

test("an AddressCache has no place for an empty address", () => {
  const value = encoded({ family: "ipv4", address: "127.0.0.1", port: 1 });
  value.length = 0;
  const cache = new AddressCache(host);
  assert.deepEqual(cache.decode(value), { family: "unspecified" });
  assert.deepEqual(cache.decode(value), { family: "unspecified" });
});
