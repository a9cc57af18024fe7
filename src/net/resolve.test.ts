import assert from "node:assert/strict";
import { test } from "node:test";
import { AF } from "../posix/constants.ts";
import { host } from "../system/host.ts";
import { addressesToBind, addressesToTry, alternateFamilies, peerAddress } from "./resolve.ts";

// Tests no names that need a resolver: only localhost resolves everywhere, and must not be looked
// up.

const names = ["localhost", "LOCALHOST.", "app.localhost"];

/** The destination of connect(), without a local address. */
const endpoint = (host: string, family: 0 | 4 | 6 = 0, localAddress?: string) =>
  ({ kind: "port", host, port: 9, family, localAddress, localPort: 0 }) as const;

test("localhost binds to both loopback addresses, IPv4 first", async () => {
  for (const name of names)
    assert.deepEqual(await addressesToBind(host, name, "listen()", {}), ["127.0.0.1", "::1"]);
});

test("connect() tries localhost on IPv6 first, or only on the requested family", async () => {
  const ipv4 = { family: "ipv4", address: "127.0.0.1", port: 9 };
  const ipv6 = { family: "ipv6", address: "::1", port: 9 };
  for (const name of names) {
    assert.deepEqual(await addressesToTry(host, endpoint(name)), [ipv6, ipv4]);
    assert.deepEqual(await addressesToTry(host, endpoint(name, 4)), [ipv4]);
    assert.deepEqual(await addressesToTry(host, endpoint(name, 6)), [ipv6]);
    assert.deepEqual(await addressesToTry(host, endpoint(name, 0, "127.0.0.2")), [ipv4]);
    assert.deepEqual(await addressesToTry(host, endpoint(name, 0, "::1")), [ipv6]);
  }
});

test("localhost as a datagram's peer has the family of the socket", async () => {
  for (const name of names) {
    const remote = { kind: "port", host: name, port: 9 } as const;
    for (const [domain, address] of [
      [AF.INET, { family: "ipv4", address: "127.0.0.1", port: 9 }],
      [AF.INET6, { family: "ipv6", address: "::1", port: 9 }],
      [undefined, { family: "ipv4", address: "127.0.0.1", port: 9 }],
    ] as const)
      assert.deepEqual(await peerAddress(host, remote, domain, {}), address);
  }
});

test("an address is used unchanged", async () => {
  for (const [name, family] of [
    ["192.0.2.1", "ipv4"],
    ["2001:db8::1", "ipv6"],
  ] as const) {
    const address = { family, address: name, port: 9 };
    assert.deepEqual(await addressesToBind(host, name, "listen()", {}), [name]);
    assert.deepEqual(await addressesToTry(host, endpoint(name)), [address]);
    assert.deepEqual(await peerAddress(host, { kind: "port", host: name, port: 9 }, undefined, {}), address);
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
