import assert from "node:assert/strict";
import { test } from "node:test";
import { linux } from "../system/linux/linux.ts";
import { ValueResult } from "../system/value-result.ts";
import type { Address } from "./address.ts";
import { AddressDecoder } from "./address-decoder.ts";
import { encodeAddress } from "./sockaddr.ts";

const value = (address: Address) => encodeAddress(address, linux, new ValueResult(new ArrayBuffer(128 + 16)));
const ipv4 = (port: number): Address => ({ family: "ipv4", address: "192.0.2.1", port });
const unix = (path: string): Address => ({ family: "unix", path });

test("an address equal to the last one is the same object; any other is not", () => {
  const addresses = new AddressDecoder(linux);
  const first = addresses.decode(value(ipv4(1)));
  assert.equal(addresses.decode(value(ipv4(1))), first);
  assert.deepEqual(addresses.decode(value(ipv4(2))), ipv4(2));
  const again = addresses.decode(value(ipv4(1)));
  assert.deepEqual(again, first);
});

test("addresses that differ in one byte, or in their length, are distinguished", () => {
  const addresses = new AddressDecoder(linux);
  for (const path of ["\0a", "\0ab", "\0abc", "\0abd", "\0abcd", "\0abce", "\0abcde", "\0a"]) {
    assert.deepEqual(addresses.decode(value(unix(path))), unix(path));
  }
});

test("an address that did not fit, and one of no bytes", () => {
  const addresses = new AddressDecoder(linux);
  const [cut, same, none] = [value(unix("\0a")), value(unix("\0a")), value(unix("\0a"))];
  cut.length = 200;
  same.length = 200;
  none.length = 0;
  assert.deepEqual(addresses.decode(cut), addresses.decode(same));
  assert.deepEqual(addresses.decode(none), { family: "unspecified" });
});
