import assert from "node:assert/strict";
import { test } from "node:test";
import { valueResult } from "../../../test/simulated/calls.ts";
import { EAI } from "../../system/eai.ts";
import { constants } from "../../system/linux/constants.ts";
import type { AddressInfoHints, NameInfo, ResolvedAddressInfo } from "../../system/system.ts";
import { Network } from "../network/network.ts";
import { encodeSockaddr, internetAddress, readSockaddr } from "./sockaddr.ts";

// The parts of getaddrinfo() and getnameinfo() that the tables do not cover: names of other hosts.
// The numbers are those of glibc 2.36.

const { AF, AI, IPPROTO, NI, SOCK } = constants;
const hintsFor = (hints: Partial<AddressInfoHints>): AddressInfoHints => ({
  flags: 0,
  family: 0,
  socktype: SOCK.STREAM,
  protocol: 0,
  ...hints,
});

function hosts() {
  const network = new Network({ seed: 1 });
  network.host("Server", { addresses: ["10.0.0.1", "fd00::1", "fe80::1"] });
  network.host("old", { addresses: ["10.0.0.2"] });
  return network.host("client", { addresses: ["10.0.0.3"] }).system;
}

function found(node: string | null, service: string | null, hints: Partial<AddressInfoHints> = {}) {
  const into: ResolvedAddressInfo[] = [];
  const returned = hosts().getaddrinfo(node, service, hintsFor(hints), into);
  if (returned < 0) return returned;
  return into.map(({ address, socktype, protocol }) => {
    const { address: text, port, scopeId } = readSockaddr(valueResult(address));
    return `${text}${scopeId === 0 ? "" : `%${scopeId}`} ${port} ${socktype}/${protocol}`;
  });
}

test("names of hosts, whatever their case, without link-local addresses", () => {
  assert.deepEqual(found("server", "http"), ["10.0.0.1 80 1/6", "fd00::1 80 1/6"]);
  assert.deepEqual(found("server", "1", { family: AF.INET6 }), ["fd00::1 1 1/6"]);
  assert.equal(found("old", "1", { family: AF.INET6 }), -EAI.EAI_NODATA);
  assert.equal(found("nobody", "1"), -EAI.EAI_NONAME);
});

test("AI_V4MAPPED, AI_ALL and AI_ADDRCONFIG choose among the addresses of a name", () => {
  const of = (node: string, flags: number, family = AF.INET6) => found(node, "1", { family, flags });
  assert.deepEqual(of("old", AI.V4MAPPED), ["::ffff:10.0.0.2 1 1/6"]);
  assert.deepEqual(of("server", AI.V4MAPPED), ["fd00::1 1 1/6"]);
  assert.deepEqual(of("server", AI.V4MAPPED | AI.ALL), ["fd00::1 1 1/6", "::ffff:10.0.0.1 1 1/6"]);
  // The client has no address of IPv6.
  assert.deepEqual(of("server", AI.ADDRCONFIG, 0), ["10.0.0.1 1 1/6"]);
});

test("numbers as inet_aton() accepts them, zones, and empty names", () => {
  assert.deepEqual(found("127.1", "1"), ["127.0.0.1 1 1/6"]);
  assert.deepEqual(found("0x7f.010", "1"), ["127.0.0.8 1 1/6"]);
  assert.deepEqual(found("1", "070000"), ["0.0.0.1 4464 1/6"]);
  assert.deepEqual(found("fe80::1%eth0", "1"), ["fe80::1%2 1 1/6"]);
  assert.deepEqual(found("::1%5", "1"), ["::1%5 1 1/6"]);
  assert.deepEqual(found("::ffff:1.2.3.4", "1", { family: AF.INET }), ["1.2.3.4 1 1/6"]);
  for (const wrong of ["::1%lo", "256.1.1.1", "1.2.3.4.", "1.2.3.4.5"])
    assert.equal(found(wrong, "1"), -EAI.EAI_NONAME, wrong);
  assert.deepEqual(found("*", "1"), ["::1 1 1/6", "127.0.0.1 1 1/6"]);
  assert.deepEqual(found("1.2.3.4", "*"), ["1.2.3.4 0 1/6"]);
  assert.equal(found(null, null), -EAI.EAI_NONAME);
});

test("types and protocols of sockets, and their services", () => {
  const of = (service: string, hints: Partial<AddressInfoHints>) =>
    found("1.2.3.4", service, { socktype: 0, ...hints });
  assert.deepEqual(of("1", {}), ["1.2.3.4 1 1/6", "1.2.3.4 1 2/17", "1.2.3.4 1 3/0"]);
  assert.deepEqual(of("domain", {}), ["1.2.3.4 53 1/6", "1.2.3.4 53 2/17"]);
  assert.deepEqual(of("1", { protocol: IPPROTO.UDP }), ["1.2.3.4 1 2/17"]);
  assert.equal(of("1", { socktype: SOCK.RAW ?? 3 }), -EAI.EAI_SERVICE);
  assert.equal(of("1", { socktype: SOCK.STREAM, protocol: IPPROTO.UDP }), -EAI.EAI_SOCKTYPE);
  assert.equal(of("1", { protocol: 99 }), -EAI.EAI_SERVICE);
  assert.equal(of("ntp", { socktype: SOCK.STREAM }), -EAI.EAI_SERVICE);
});

test("the names of addresses are those of hosts", () => {
  const name = (address: string, flags = 0, scopeId = 0) => {
    const into: NameInfo[] = [];
    const sockaddr = valueResult(encodeSockaddr(internetAddress(address, 443, scopeId)));
    const returned = hosts().getnameinfo(sockaddr, flags, into);
    return returned < 0 ? returned : into.map(({ host, service }) => `${host} ${service}`).join();
  };
  assert.equal(name("10.0.0.2"), "old https");
  assert.equal(name("::ffff:10.0.0.2", NI.NUMERICSERV), "old 443");
  assert.equal(name("::1"), "localhost https");
  assert.equal(name("10.9.9.9"), "10.9.9.9 https");
  assert.equal(name("10.9.9.9", NI.NAMEREQD), -EAI.EAI_NONAME);
  assert.equal(name("ff02::1", NI.NUMERICHOST, 2), "ff02::1%eth0 https");
  assert.equal(name("2001::1", NI.NUMERICHOST, 1), "2001::1%1 https");
});
