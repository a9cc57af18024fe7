import assert from "node:assert/strict";
import { test } from "node:test";
import { AF } from "../posix/constants.ts";
import { addressesToBind, addressesToTry, alternateFamilies, peerAddress } from "./resolve.ts";

// Names that a resolver would have to be asked for are not here: none resolves everywhere but
// localhost, which must not be asked for.

const names = ["localhost", "LOCALHOST.", "app.localhost"];

/** Where connect() is to go, without an address to connect from. */
const endpoint = (host: string, family: 0 | 4 | 6 = 0, localAddress?: string) =>
  ({ kind: "port", host, port: 9, family, localAddress, localPort: 0 }) as const;

test("localhost is bound to on both loopback addresses, IPv4 first", async () => {
  for (const name of names)
    assert.deepEqual(await addressesToBind(name, "listen()", {}), ["127.0.0.1", "::1"]);
});

test("localhost is connected to on IPv6 first, or on the one family that is asked for", async () => {
  const ipv4 = { family: "ipv4", address: "127.0.0.1", port: 9 };
  const ipv6 = { family: "ipv6", address: "::1", port: 9 };
  for (const name of names) {
    assert.deepEqual(await addressesToTry(endpoint(name)), [ipv6, ipv4]);
    assert.deepEqual(await addressesToTry(endpoint(name, 4)), [ipv4]);
    assert.deepEqual(await addressesToTry(endpoint(name, 6)), [ipv6]);
    assert.deepEqual(await addressesToTry(endpoint(name, 0, "127.0.0.2")), [ipv4]);
    assert.deepEqual(await addressesToTry(endpoint(name, 0, "::1")), [ipv6]);
  }
});

test("localhost as a datagram's peer has the family of the socket", async () => {
  for (const host of names) {
    const remote = { kind: "port", host, port: 9 } as const;
    for (const [domain, address] of [
      [AF.INET, { family: "ipv4", address: "127.0.0.1", port: 9 }],
      [AF.INET6, { family: "ipv6", address: "::1", port: 9 }],
      [undefined, { family: "ipv4", address: "127.0.0.1", port: 9 }],
    ] as const)
      assert.deepEqual(await peerAddress(remote, domain, {}), address);
  }
});

test("an address is used as it is", async () => {
  for (const [host, family] of [
    ["192.0.2.1", "ipv4"],
    ["2001:db8::1", "ipv6"],
  ] as const) {
    const address = { family, address: host, port: 9 };
    assert.deepEqual(await addressesToBind(host, "listen()", {}), [host]);
    assert.deepEqual(await addressesToTry(endpoint(host)), [address]);
    assert.deepEqual(await peerAddress({ kind: "port", host, port: 9 }, undefined, {}), address);
  }
});

test("addresses alternate between families, beginning with that of the first", () => {
  const list = (text: string) =>
    text.split("").map((letter) => ({ address: letter, family: /\d/.test(letter) ? 4 : 6 }));
  for (const [found, tried] of [
    ["abc123", "a1b2c3"],
    ["12a", "1a2"],
    ["a123", "a123"],
    ["abc1", "a1bc"],
    ["ab", "ab"],
    ["", ""],
  ] as const)
    assert.deepEqual(alternateFamilies(list(found)), list(tried));
});
