import assert from "node:assert/strict";
import { test } from "node:test";
import { scripted } from "../../test/scripted/scripted.ts";
import { darwinNumbers } from "../system/darwin/numbers.ts";
import { freebsdNumbers } from "../system/freebsd/numbers.ts";
import { linuxNumbers } from "../system/linux/numbers.ts";
import type { System } from "../system/system.ts";
import { windowsNumbers } from "../system/windows/numbers.ts";
import { IP } from "./ip.ts";
import { IPV6 } from "./ipv6.ts";
import { LOCAL } from "./local.ts";
import type { ReadableOption, WritableOption } from "./option.ts";
import { SO } from "./so.ts";
import { TCP } from "./tcp.ts";

// Bytes written out by hand from netinet/in.h, netinet6/in6.h, sys/socket.h, sys/ucred.h and
// sys/_types/_timeval.h.

const darwin = scripted({}, darwinNumbers);
const freebsd = scripted({}, freebsdNumbers);
const windows = scripted({}, windowsNumbers);
const both = [darwin, freebsd];

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));

function written<Value>(option: WritableOption<Value>, value: NoInfer<Value>, system: System): Uint8Array {
  assert.ok(option.numberOn(system) !== undefined, option.name);
  option.write.encode(value, system.option, system);
  return system.option.valid.slice();
}

function read<Value>(option: ReadableOption<Value>, hex: string, system: System): Value {
  assert.ok(option.numberOn(system) !== undefined, option.name);
  const data = bytes(hex);
  system.option.bytes.fill(0xee);
  system.option.bytes.set(data);
  system.option.length = data.byteLength;
  return option.read.decode(system.option, system);
}

test("struct timeval: macOS has 32 bits of tv_usec, and padding whose content is ignored", () => {
  for (const system of both) {
    assert.deepEqual(written(SO.RCVTIMEO, 1500.25, system), bytes("0100000000000000 1aa2070000000000"));
    assert.equal(read(SO.SNDTIMEO, "0200000000000000 a08601 0000000000", system), 2100);
  }
  assert.equal(read(SO.RCVTIMEO, "0200000000000000 a0860100 deadbeef", darwin), 2100);
});

test("struct linger, in seconds for macOS's SO_LINGER_SEC", () => {
  for (const system of both) {
    assert.deepEqual(written(SO.LINGER, { on: true, seconds: 5 }, system), bytes("01000000 05000000"));
    assert.deepEqual(read(SO.LINGER, "80000000 03000000", system), { on: true, seconds: 3 });
  }
  assert.deepEqual(SO.LINGER.numberOn(darwin), { level: 0xffff, number: 0x1080 });
  assert.deepEqual(SO.LINGER.numberOn(freebsd), { level: 0xffff, number: 0x80 });
});

test("a flag that the kernel returns as a bit reads as a boolean", () => {
  for (const system of both) {
    assert.equal(read(SO.REUSEADDR, "04000000", system), true);
    assert.equal(read(SO.KEEPALIVE, "00000000", system), false);
  }
});

test("struct ip_mreq has no interface index; struct ip_mreq_source has the source first", () => {
  for (const system of both) {
    const group = { multiaddr: "224.0.0.251", address: "127.0.0.1" };
    assert.deepEqual(written(IP.ADD_MEMBERSHIP, group, system), bytes("e00000fb 7f000001"));
    assert.throws(() => written(IP.ADD_MEMBERSHIP, { ...group, ifindex: 1 }, system), {
      name: "RangeError",
      message: /MCAST_JOIN_GROUP/,
    });
    const source = { multiaddr: "232.1.1.1", sourceaddr: "192.0.2.7", interface: "127.0.0.1" };
    assert.deepEqual(written(IP.BLOCK_SOURCE, source, system), bytes("e8010101 c0000207 7f000001"));
    assert.deepEqual(written(IP.MULTICAST_IF, { ifindex: 2 }, system), bytes("00000000 00000000 02000000"));
  }
});

test("struct group_req: macOS packs the address behind the interface", () => {
  const group = { interface: 3, group: "224.0.0.251" };
  const sockaddr = `10 02 0000 e00000fb ${"00".repeat(120)}`;
  assert.deepEqual(written(IP.MCAST_JOIN_GROUP, group, darwin), bytes(`03000000 ${sockaddr}`));
  assert.deepEqual(written(IP.MCAST_JOIN_GROUP, group, freebsd), bytes(`03000000 00000000 ${sockaddr}`));
  const source = { ...group, source: "192.0.2.7" };
  const second = `10 02 0000 c0000207 ${"00".repeat(120)}`;
  assert.deepEqual(
    written(IP.MCAST_JOIN_SOURCE_GROUP, source, darwin),
    bytes(`03000000 ${sockaddr} ${second}`),
  );
});

test("struct ipv6_mreq and struct in6_pktinfo", () => {
  for (const system of both) {
    const group = written(IPV6.JOIN_GROUP, { multiaddr: "ff02::fb", ifindex: 4 }, system);
    assert.deepEqual(group, bytes(`ff02${"00".repeat(13)}fb 04000000`));
    const from = written(IPV6.PKTINFO, { addr: "::1", ifindex: 1 }, system);
    assert.deepEqual(from, bytes(`${"00".repeat(15)}01 01000000`));
  }
});

test("struct xucred: the credentials of a unix socket's peer", () => {
  const hex = `00000000 f5010000 0300 0000 14000000 0c000000 3d000000 ${"00".repeat(52)}`;
  const expected = { uid: 501, groups: [20, 12, 61] };
  for (const system of both) assert.deepEqual(read(LOCAL.PEERCRED, hex, system), expected);
  assert.equal(read(LOCAL.PEERPID, "39300000", darwin), 12345);
  assert.equal(read(LOCAL.PEEREPID, "39300000", darwin), 12345);
  assert.equal(LOCAL.PEERPID.numberOn(freebsd), undefined);
});

test("struct accept_filter_arg", () => {
  const hex = `646174617265616479 ${"00".repeat(247)}`;
  assert.deepEqual(written(SO.ACCEPTFILTER, { name: "dataready" }, freebsd), bytes(hex));
  assert.deepEqual(read(SO.ACCEPTFILTER, hex, freebsd), { name: "dataready", arg: "" });
  assert.throws(() => written(SO.ACCEPTFILTER, { name: "x".repeat(16) }, freebsd), RangeError);
});

test("the options of one int", () => {
  const ints = { darwin: [SO.NREAD, SO.NWRITE], freebsd: [SO.LISTENINCQLEN, SO.LISTENQLEN, SO.LISTENQLIMIT] };
  for (const option of ints.darwin) assert.equal(read(option, "05000000", darwin), 5);
  for (const option of ints.freebsd) assert.equal(read(option, "05000000", freebsd), 5);
  for (const system of both) {
    assert.equal(read(SO.NOSIGPIPE, "00080000", system), true);
    assert.deepEqual(written(TCP.NOPUSH, true, system), bytes("01000000"));
    assert.deepEqual(written(TCP.KEEPIDLE, 60, system), bytes("3c000000"));
  }
  for (const option of [IP.BINDANY, IPV6.BINDANY, LOCAL.CREDS, LOCAL.CREDS_PERSISTENT])
    assert.deepEqual(written(option, true, freebsd), bytes("01000000"));
  for (const option of [IP.BOUND_IF, IPV6.BOUND_IF])
    assert.deepEqual(written(option, 4, darwin), bytes("04000000"));
  for (const system of both) {
    assert.deepEqual(written(IP.DONTFRAG, true, system), bytes("01000000"));
    assert.equal(read(SO.USELOOPBACK, "40000000", system), true);
  }
  assert.deepEqual(written(SO.SETFIB, 2, freebsd), bytes("02000000"));
  assert.deepEqual(written(SO.REUSEPORT_LB, true, freebsd), bytes("01000000"));
  assert.deepEqual(written(SO.USER_COOKIE, 0xffffffff, freebsd), bytes("ffffffff"));
  assert.deepEqual(written(TCP.CONNECTIONTIMEOUT, 30, darwin), bytes("1e000000"));
});

test("options that Linux lacks are on another system; those with another layout are on none", () => {
  for (const option of [...Object.values(SO), ...Object.values(TCP), ...Object.values(LOCAL)]) {
    const here = [darwin, freebsd, windows].some((system) => option.numberOn(system) !== undefined);
    assert.ok(here || option.name in linuxNumbers.options, option.name);
  }
  const otherwise = [TCP.INFO, TCP.MD5SIG, SO.MAX_PACING_RATE, SO.PEERCRED, IP.MSFILTER, IP.MCAST_MSFILTER];
  for (const { name } of otherwise) {
    for (const { options } of both) assert.equal(options[name], undefined, name);
  }
});
