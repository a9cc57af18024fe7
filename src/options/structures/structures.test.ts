import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { exceptionHere } from "../../../test/platform.ts";
import { formatIpv6 } from "../../address/ip.ts";
import { linux } from "../../system/linux/linux.ts";
import { ValueResult } from "../../system/value-result.ts";
import type { Codec } from "../codecs.ts";
import type { WriteCodec } from "../option.ts";
import { groupFilter } from "./group-filter.ts";
import { groupReq } from "./group-req.ts";
import { groupSourceReq } from "./group-source-req.ts";
import { flowLabel, in6FlowlabelReq } from "./in6-flowlabel-req.ts";
import { in6Pktinfo } from "./in6-pktinfo.ts";
import { interfaceNumber } from "./interface-number.ts";
import { ipMreqSource } from "./ip-mreq-source.ts";
import { ipMreqn, multicastInterface } from "./ip-mreqn.ts";
import { ipMsfilter } from "./ip-msfilter.ts";
import { ip6Mtuinfo } from "./ip6-mtuinfo.ts";
import { ipv6Mreq } from "./ipv6-mreq.ts";
import { ipv6Mtu } from "./ipv6-mtu.ts";
import { originalDestination } from "./original-destination.ts";
import { portRange } from "./port-range.ts";
import type { FilterMode } from "./source-filter.ts";
import { timeToLive } from "./time-to-live.ts";

const MEMORY = 4096;

function buffer(): ValueResult {
  const value = new ValueResult(new ArrayBuffer(MEMORY + 16));
  // Bytes that another option left there must not remain.
  value.bytes.fill(0xa5);
  return value;
}

function encode<Value>(codec: WriteCodec<Value>, given: Value): Buffer {
  const value = buffer();
  codec.encode(given, value, linux);
  return Buffer.from(value.valid);
}

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

function inverse<Value>(name: string, codec: Codec<Value>, values: fc.Arbitrary<Value>): void {
  test(`${name}: reading returns what was set`, () => {
    fc.assert(
      fc.property(values, (given) => {
        const value = buffer();
        codec.encode(given, value, linux);
        assert.deepEqual(codec.decode(value, linux), given);
      }),
    );
  });
}

inverse("interfaceNumber", interfaceNumber, fc.nat());
inverse("ipv6Mtu", ipv6Mtu, fc.oneof(fc.constant(0), fc.integer({ min: 1280, max: 0xffff })));
inverse("timeToLive", timeToLive, fc.oneof(fc.constant(-1), fc.integer({ min: 1, max: 255 })));
inverse(
  "portRange",
  portRange,
  fc
    .record({ min: fc.nat(0xffff), max: fc.nat(0xffff) })
    .map(({ min, max }) => (max !== 0 && min > max ? { min: max, max: min } : { min, max })),
);

const ipv4 = fc.ipV4();
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(formatIpv6);
const number = fc.nat();

// C's structures, read here as the kernel reads them: each field by its offset and size in the
// headers.
const in4 = (from: Buffer, offset: number) => from.subarray(offset, offset + 4).join(".");
const in6 = (from: Buffer, offset: number) => formatIpv6(from.subarray(offset, offset + 16));

/** The address of a sockaddr_storage, whose rest must be zero. */
function storage(from: Buffer, offset: number, family: "ipv4" | "ipv6"): string {
  const { AF } = linux.constants;
  const [number, at, size] = family === "ipv4" ? [AF.INET, 4, 4] : [AF.INET6, 8, 16];
  assert.equal(from.readUInt16LE(offset), number);
  const rest = Buffer.from(from.subarray(offset + 2, offset + 128));
  rest.fill(0, at - 2, at - 2 + size);
  assert.ok(
    rest.every((byte) => byte === 0),
    "the rest of the storage is not zero",
  );
  return family === "ipv4" ? in4(from, offset + at) : in6(from, offset + at);
}

function layout<Value extends object>(
  name: string,
  codec: WriteCodec<Value>,
  values: fc.Arbitrary<Value>,
  read: (from: Buffer) => Value,
  size: (value: Value) => number,
): void {
  test(`${name}: is laid out as in the headers`, () => {
    fc.assert(
      fc.property(values, (given) => {
        const encoded = encode(codec, given);
        assert.equal(encoded.byteLength, size(given));
        // fast-check's records may lack Object's prototype.
        assert.deepEqual(read(encoded), { ...given });
      }),
    );
  });
}

layout(
  "struct ip_mreqn",
  ipMreqn,
  fc.record({ multiaddr: ipv4, address: ipv4, ifindex: number }),
  (from) => ({ multiaddr: in4(from, 0), address: in4(from, 4), ifindex: from.readInt32LE(8) }),
  () => 12,
);
layout(
  "IP_MULTICAST_IF's struct ip_mreqn",
  multicastInterface,
  fc.record({ address: ipv4, ifindex: number }),
  (from) => ({ address: in4(from, 4), ifindex: from.readInt32LE(8) }),
  () => 12,
);
layout(
  "struct ip_mreq_source",
  ipMreqSource,
  fc.record({ multiaddr: ipv4, interface: ipv4, sourceaddr: ipv4 }),
  (from) => ({ multiaddr: in4(from, 0), interface: in4(from, 4), sourceaddr: in4(from, 8) }),
  () => 12,
);
const fmode = fc.constantFrom("exclude" as const, "include" as const);
const modeAt = (from: Buffer, offset: number): FilterMode =>
  from.readUInt32LE(offset) === 1 ? "include" : "exclude";
layout(
  "struct ip_msfilter",
  ipMsfilter,
  fc.record({ multiaddr: ipv4, interface: ipv4, fmode, slist: fc.array(ipv4) }),
  (from) => ({
    multiaddr: in4(from, 0),
    interface: in4(from, 4),
    fmode: modeAt(from, 8),
    slist: Array.from({ length: from.readUInt32LE(12) }, (_, index) => in4(from, 16 + index * 4)),
  }),
  ({ slist }) => 16 + slist.length * 4,
);
layout(
  "struct ipv6_mreq",
  ipv6Mreq,
  fc.record({ multiaddr: ipv6, ifindex: number }),
  (from) => ({ multiaddr: in6(from, 0), ifindex: from.readInt32LE(16) }),
  () => 20,
);
layout(
  "struct in6_pktinfo",
  in6Pktinfo,
  fc.record({ addr: ipv6, ifindex: number }),
  (from) => ({ addr: in6(from, 0), ifindex: from.readInt32LE(16) }),
  () => 20,
);
for (const [family, address] of [["ipv4", ipv4] as const, ["ipv6", ipv6] as const]) {
  layout(
    `struct group_req, ${family}`,
    groupReq(family),
    fc.record({ interface: number, group: address }),
    (from) => ({ interface: from.readUInt32LE(0), group: storage(from, 8, family) }),
    () => 136,
  );
  layout(
    `struct group_source_req, ${family}`,
    groupSourceReq(family),
    fc.record({ interface: number, group: address, source: address }),
    (from) => ({
      interface: from.readUInt32LE(0),
      group: storage(from, 8, family),
      source: storage(from, 136, family),
    }),
    () => 264,
  );
  layout(
    `struct group_filter, ${family}`,
    groupFilter(family),
    fc.record({ interface: number, group: address, fmode, slist: fc.array(address, { maxLength: 30 }) }),
    (from) => ({
      interface: from.readUInt32LE(0),
      group: storage(from, 8, family),
      fmode: modeAt(from, 136),
      slist: Array.from({ length: from.readUInt32LE(140) }, (_, index) =>
        storage(from, 144 + index * 128, family),
      ),
    }),
    ({ slist }) => 144 + slist.length * 128,
  );
}

test("struct in6_flowlabel_req: is laid out as in the headers, and read from there", () => {
  const request = {
    action: "renew",
    label: 0x12345,
    dst: "2001:db8::1",
    share: "user",
    create: true,
    exclusive: true,
    reflect: true,
    expires: 30,
    linger: 6,
  } as const;
  const encoded = encode(in6FlowlabelReq, request);
  const rest = "00012345 02 03 0700 1e00 0600 00000000";
  assert.deepEqual(encoded, hex(`20010db8000000000000000000000001 ${rest}`));
  const value = buffer();
  value.bytes.set(encoded);
  const { label, dst, share, expires, linger } = request;
  assert.deepEqual(flowLabel.decode(value, linux), { label, dst, share, expires, linger });
});

test("struct ip6_mtuinfo: the MTU follows the address", () => {
  const value = buffer();
  value.bytes.set(hex(`${"00".repeat(28)} 00050000`));
  assert.deepEqual(ip6Mtuinfo.decode(value, linux), { mtu: 1280 });
});

test("the original destination of a redirected connection is a sockaddr of its family", () => {
  const value = buffer();
  value.bytes.set(hex("0200 0050 c0000201 0000000000000000"));
  value.length = originalDestination("ipv4").size;
  const ipv4 = { family: "ipv4", address: "192.0.2.1", port: 80 };
  assert.deepEqual(originalDestination("ipv4").decode(value, linux), ipv4);
  value.bytes.set(hex("0a00 0050 00000000 20010db8000000000000000000000001 00000000"));
  value.length = originalDestination("ipv6").size;
  const ipv6 = { family: "ipv6", address: "2001:db8::1", port: 80, flowlabel: 0, scopeId: 0 };
  assert.deepEqual(originalDestination("ipv6").decode(value, linux), ipv6);
});

test("fields that are omitted are left to the kernel", () => {
  assert.deepEqual(encode(ipMreqn, { multiaddr: "239.1.2.3" }), hex("ef010203 00000000 00000000"));
  assert.deepEqual(encode(multicastInterface, "127.0.0.1"), hex("00000000 7f000001 00000000"));
  assert.deepEqual(encode(multicastInterface, {}), Buffer.alloc(12));
  const source = { multiaddr: "239.1.2.3", sourceaddr: "192.0.2.1" };
  assert.deepEqual(encode(ipMreqSource, source), hex("ef010203 00000000 c0000201"));
  assert.deepEqual(encode(in6Pktinfo, {}), Buffer.alloc(20));
});

test("an invalid value throws a TypeError or a RangeError", () => {
  const bad: readonly [WriteCodec<never>, unknown, RegExp][] = [
    [ipMreqn, null, /^TypeError: the option must be \{ multiaddr, address, ifindex \}, not null/],
    [ipMreqn, {}, /^TypeError: multiaddr must be an IPv4 address, not undefined/],
    [ipMreqn, { multiaddr: "239.1.2" }, /^TypeError: multiaddr must be an IPv4 address, not "239.1.2"/],
    [ipMreqn, { multiaddr: "ff02::1" }, /^TypeError: multiaddr must be an IPv4/],
    [ipMreqn, { multiaddr: "239.1.2.3", ifindex: -1 }, /^RangeError: ifindex must be an integer from 0/],
    ...unnamed<[WriteCodec<never>, unknown, RegExp]>([
      ipMreqn,
      { multiaddr: "239.1.2.3", ifindex: "not-there" },
      /^RangeError: ifindex must name a network interface .*, not "not-there"/,
    ]),
    [multicastInterface, 1, /^TypeError: the option must be an IPv4 address or \{ address, ifindex \}/],
    [multicastInterface, "lo", /^TypeError: address must be an IPv4 address, not "lo"/],
    [ipMreqSource, { multiaddr: "239.1.2.3" }, /^TypeError: sourceaddr must be an IPv4 address/],
    [ipv6Mreq, { multiaddr: "ff02::1%lo" }, /^TypeError: multiaddr must be an IPv6 address/],
    [groupReq("ipv4"), { group: "ff02::1" }, /^TypeError: group must be an IPv4 address/],
    [groupReq("ipv6"), { group: "239.1.2.3" }, /^TypeError: group must be an IPv6 address/],
    [groupSourceReq("ipv6"), { group: "ff02::1", source: 1 }, /^TypeError: source must be an IPv6 address/],
    [
      ipMsfilter,
      { multiaddr: "239.1.2.3", fmode: "in", slist: [] },
      /^TypeError: fmode must be one of "exclude"/,
    ],
    [ipMsfilter, { multiaddr: "239.1.2.3", fmode: "include" }, /^TypeError: slist must be an array/],
    [
      groupFilter("ipv6"),
      { group: "ff02::1", fmode: "include", slist: Array(31).fill("::1") },
      /^RangeError: slist holds at most 30 addresses, not 31/,
    ],
    [in6FlowlabelReq, { action: "get", label: 0x100000 }, /^RangeError: label must be an integer from 0/],
    [in6FlowlabelReq, { action: "toString", label: 1 }, /^TypeError: action must be one of "get", "put"/],
    [in6FlowlabelReq, { action: 7, label: 1 }, /^TypeError: action must be one of .*, not number/],
    [portRange, { min: 2, max: 1 }, /^RangeError: min must not be above max: 2 to 1/],
    [portRange, { min: 0, max: 65_536 }, /^RangeError: max must be an integer from 0 to 65535/],
    [timeToLive, 0, /^RangeError: the time to live must be 1 to 255/],
    [timeToLive, 256, /^RangeError/],
    [ipv6Mtu, 1279, /^RangeError: the option must be 1280 to 65535/],
    [interfaceNumber, 0x80000000, /^RangeError/],
  ];
  for (const [codec, given, message] of bad) {
    assert.throws(() => codec.encode(given as never, buffer(), linux), message, JSON.stringify(given));
  }
});

/** A name is looked up by the system's own library. */
function unnamed<Row>(row: Row): readonly Row[] {
  return exceptionHere({ windows: "Linux's library is not there" }) === undefined ? [row] : [];
}
