import assert from "node:assert/strict";
import { test } from "node:test";
import { scripted } from "../../test/scripted/scripted.ts";
import { darwinNumbers } from "../system/darwin/numbers.ts";
import { freebsdNumbers } from "../system/freebsd/numbers.ts";
import type { System } from "../system/system.ts";
import type { Address, AddressInput } from "./address.ts";
import { decodeSockaddr, encodeAddress } from "./sockaddr.ts";

// Bytes written out by hand from netinet/in.h, netinet6/in6.h, sys/un.h and FreeBSD's
// netlink/netlink.h.

const darwin = scripted({}, darwinNumbers);
const freebsd = scripted({}, freebsdNumbers);

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const encode = (address: AddressInput, system: System) =>
  encodeAddress(address, system, system.address).valid.slice();

function assertBytes(system: System, address: Address, hex: string): void {
  assert.deepEqual(encode(address, system), bytes(hex));
  assert.deepEqual(decodeSockaddr(bytes(hex), system), address);
}

test("sockaddr_in: sin_len 16, AF_INET 2 on both", () => {
  for (const system of [darwin, freebsd]) {
    const address = { family: "ipv4", address: "127.0.0.1", port: 8080 } as const;
    assertBytes(system, address, "10 02 1f90 7f000001 0000000000000000");
  }
});

test("sockaddr_in6: sin6_len 28, and AF_INET6 is 30 on macOS and 28 on FreeBSD", () => {
  const address = {
    family: "ipv6",
    address: "fe80::1",
    port: 443,
    flowlabel: 0x12345,
    scopeId: 4,
  } as const;
  const rest = "01bb 00012345 fe800000000000000000000000000001 04000000";
  assertBytes(darwin, address, `1c 1e ${rest}`);
  assertBytes(freebsd, address, `1c 1c ${rest}`);
});

test("sockaddr_un: sun_len counts what is there, and sun_path has 104 bytes", () => {
  for (const system of [darwin, freebsd]) {
    assertBytes(system, { family: "unix", path: "/tmp/s" }, "09 01 2f746d702f73 00");
    assertBytes(system, { family: "unix", path: "" }, "02 01");
    const longest = "x".repeat(104);
    assertBytes(system, { family: "unix", path: longest }, `6a 01 ${"78".repeat(104)}`);
    assert.throws(() => encode({ family: "unix", path: `${longest}x` }, system), RangeError);
  }
});

test("the name of an unnamed unix socket is empty, however long its sockaddr (sun_noname in uipc_usrreq.c)", () => {
  const none = bytes("10 01 0000000000000000000000000000");
  for (const system of [darwin, freebsd]) {
    assert.deepEqual(decodeSockaddr(none, system), { family: "unix", path: "" });
  }
});

test("there are no abstract names", () => {
  for (const system of [darwin, freebsd]) {
    assert.throws(() => encode({ family: "unix", path: "\0name" }, system), {
      name: "TypeError",
      message: /Linux's abstract namespace/,
    });
  }
});

test("sockaddr_nl is FreeBSD's too, and macOS has no netlink, packet and vsock addresses of ours", () => {
  assertBytes(freebsd, { family: "netlink", pid: 4242, groups: 1 }, "0c 26 0000 92100000 01000000");
  assert.throws(() => encode({ family: "netlink", pid: 1, groups: 0 }, darwin), TypeError);
  for (const system of [darwin, freebsd]) {
    assert.throws(() => encode({ family: "vsock", cid: 2, port: 1 }, system), TypeError);
    assert.throws(() => encode({ family: "packet", protocol: 3, ifindex: 1 }, system), TypeError);
  }
});

test("AF_UNSPEC is as long as a struct sockaddr", () => {
  for (const system of [darwin, freebsd])
    assert.deepEqual(encode({ family: "unspecified" }, system), bytes(`10 00 ${"00".repeat(14)}`));
});
