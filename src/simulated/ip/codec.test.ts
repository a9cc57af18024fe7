import assert from "node:assert/strict";
import { isIPv4, isIPv6 } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { formatIpv6 } from "../../address/ip.ts";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { canonical, parseAddress } from "./address.ts";
import { decodePacket } from "./decode.ts";
import { encodePacket } from "./encode.ts";
import { fragmentPacket, Reassembly } from "./fragments.ts";
import { icmpError } from "./icmp.ts";
import { NO_TCP_OPTIONS, type Packet, type Payload, packetSize, type TcpOptions } from "./packet.ts";

const record = <Model>(model: { [Key in keyof Model]: fc.Arbitrary<Model[Key]> }): fc.Arbitrary<Model> =>
  fc.record<Model>(model, { noNullPrototype: true });
const uint = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const bytes = (maxLength: number) => fc.uint8Array({ maxLength });

const tcpOptions: fc.Arbitrary<TcpOptions> = record({
  mss: optional(uint(16)),
  windowScale: optional(uint(8)),
  sackPermitted: fc.boolean(),
  timestamps: optional(record({ value: uint(32), echo: uint(32) })),
  sack: fc.array(record({ left: uint(32), right: uint(32) }), { maxLength: 1 }),
  unknown: fc.array(record({ kind: fc.integer({ min: 20, max: 255 }), data: bytes(3) }), { maxLength: 1 }),
});

const payload: fc.Arbitrary<Payload> = fc.oneof(
  record({
    kind: fc.constant("tcp" as const),
    sourcePort: uint(16),
    destinationPort: uint(16),
    sequence: uint(32),
    acknowledgment: uint(32),
    flags: uint(9),
    window: uint(16),
    urgentPointer: uint(16),
    options: tcpOptions,
    data: bytes(64),
  }),
  record({
    kind: fc.constant("udp" as const),
    sourcePort: uint(16),
    destinationPort: uint(16),
    data: bytes(64),
  }),
  record({
    kind: fc.constant("icmp" as const),
    type: fc.integer({ min: 128, max: 255 }),
    code: uint(8),
    info: uint(32),
    about: fc.constant(undefined),
    data: bytes(64),
  }),
  record({ kind: fc.constant("raw" as const), protocol: fc.constant(253), data: bytes(64) }),
);

const packet: fc.Arbitrary<Packet> = fc.oneof(
  record({
    version: fc.constant(4 as const),
    source: fc.ipV4(),
    destination: fc.ipV4(),
    hopLimit: uint(8),
    trafficClass: uint(8),
    flowLabel: fc.constant(0),
    identification: uint(16),
    dontFragment: fc.boolean(),
    fragment: fc.constant(undefined),
    payload,
  }),
  record({
    version: fc.constant(6 as const),
    source: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((address) => formatIpv6(address)),
    destination: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((address) => formatIpv6(address)),
    hopLimit: uint(8),
    trafficClass: uint(8),
    flowLabel: uint(20),
    identification: fc.constant(0),
    dontFragment: fc.constant(false),
    fragment: fc.constant(undefined),
    payload,
  }),
);

test("what is encoded decodes to the same packet", () => {
  fc.assert(
    fc.property(packet, (one) => {
      const encoded = encodePacket(one);
      assert.equal(encoded.length, packetSize(one));
      assert.deepEqual(decodePacket(encoded), one);
    }),
  );
});

test("a flipped bit of a payload is a bad checksum, never another packet", () => {
  fc.assert(
    fc.property(packet, fc.nat(), fc.nat(7), (one, at, bit) => {
      if (one.payload.kind === "raw") return;
      const encoded = encodePacket(one);
      const header = one.version === 4 ? 20 : 40;
      const index = header + (at % (encoded.length - header));
      encoded[index] = (encoded[index] ?? 0) ^ (1 << bit);
      const decoded = decodePacket(encoded);
      if (decoded === undefined || decoded.payload.kind === "raw") return;
      assert.equal(decoded.payload.badChecksum, true);
    }),
  );
});

test("no bytes make the decoder throw", () => {
  fc.assert(fc.property(bytes(120), fc.boolean(), (any, quoted) => void decodePacket(any, quoted)));
  fc.assert(
    fc.property(packet, fc.array(fc.tuple(fc.nat(), uint(8))), fc.nat(), (one, changes, length) => {
      const encoded = encodePacket(one);
      for (const [at, byte] of changes) encoded[at % encoded.length] = byte;
      decodePacket(encoded.subarray(0, length % (encoded.length + 1)));
      decodePacket(encoded, true);
    }),
  );
});

test("an error quotes the packet that it is about, with its ports and sequence number", () => {
  const about: Packet = {
    version: 4,
    source: "10.0.0.1",
    destination: "10.0.0.2",
    hopLimit: 64,
    trafficClass: 0,
    flowLabel: 0,
    identification: 7,
    dontFragment: true,
    fragment: undefined,
    payload: {
      kind: "tcp",
      sourcePort: 1_000,
      destinationPort: 80,
      sequence: 123_456,
      acknowledgment: 0,
      flags: 2,
      window: 65_535,
      urgentPointer: 0,
      options: NO_TCP_OPTIONS,
      data: new Uint8Array(1_000),
    },
  };
  const error: Packet = {
    ...about,
    source: "10.0.0.9",
    destination: "10.0.0.1",
    payload: icmpError(about, 3, 4, 1_400),
  };
  const decoded = decodePacket(encodePacket(error));
  assert.ok(decoded?.payload.kind === "icmp" && decoded.payload.about?.payload.kind === "tcp");
  assert.equal(decoded.payload.info, 1_400);
  const { sourcePort, destinationPort, sequence } = decoded.payload.about.payload;
  assert.deepEqual([sourcePort, destinationPort, sequence], [1_000, 80, 123_456]);
  // RFC 792 routers quote eight bytes.
  const short = decodePacket(encodePacket(about).subarray(0, 28), true);
  assert.ok(short?.payload.kind === "tcp" && short.payload.sequence === 123_456);
});

test("fragments are reassembled in any order", () => {
  fc.assert(
    fc.property(packet, fc.integer({ min: 68, max: 200 }), fc.infiniteStream(fc.nat()), (one, mtu, order) => {
      const fragments = fragmentPacket(one, mtu, 99);
      assert.ok(fragments.every((fragment) => packetSize(fragment) <= mtu || fragments.length === 1));
      const reassembly = new Reassembly({
        clock: new VirtualClock(),
        timeout: () => 30e9,
        limit: () => 1e6,
        expired: () => assert.fail("it is not late"),
        failed: (why) => assert.fail(why),
      });
      const keyed = fragments.map((fragment) => ({ fragment, key: order.next().value ?? 0 }));
      keyed.sort((first, second) => first.key - second.key);
      const whole = keyed.map(({ fragment }) =>
        reassembly.add(decodePacket(encodePacket(fragment)) ?? fragment),
      );
      const made = whole.filter((result) => result !== undefined);
      // A payload of no bytes makes no fragment.
      if (fragments.length === 0) return;
      assert.equal(made.length, 1);
      assert.deepEqual(made[0]?.payload, one.payload);
    }),
  );
});

test("fragments that overlap, or come too late, are dropped", () => {
  const clock = new VirtualClock();
  const events: string[] = [];
  const reassembly = new Reassembly({
    clock,
    timeout: () => 30e9,
    limit: () => 1e6,
    expired: (first) => events.push(first === undefined ? "expired without a first" : "expired"),
    failed: (why) => events.push(why),
  });
  const piece = (identification: number, offset: number, size: number, more: boolean): Packet => ({
    version: 4,
    source: "10.0.0.1",
    destination: "10.0.0.2",
    hopLimit: 64,
    trafficClass: 0,
    flowLabel: 0,
    identification,
    dontFragment: false,
    fragment: { offset, more },
    payload: { kind: "raw", protocol: 17, data: new Uint8Array(size) },
  });
  reassembly.add(piece(1, 0, 16, true));
  reassembly.add(piece(1, 8, 16, false));
  reassembly.add(piece(2, 0, 16, true));
  reassembly.add(piece(2, 0, 16, true));
  reassembly.add(piece(3, 16, 16, false));
  clock.advanceTo(30e9);
  assert.deepEqual(events, ["overlapping fragments", "expired", "expired without a first"]);
});

test("addresses are read as by inet_pton(), and written as RFC 5952 says", () => {
  const known: Readonly<Record<string, string>> = {
    "::1.2.3.4": "::102:304",
    "::0.1.0.2": "::1:2",
    "::FFFF:1.2.3.4": "::ffff:1.2.3.4",
    "1:0:0:2:0:0:0:0": "1:0:0:2::",
    "fe80:0:0:0:1:0:0:0": "fe80::1:0:0:0",
    "1:2:3:4:5:6:7:0": "1:2:3:4:5:6:7:0",
    "0:0:0:0:0:0:0:0": "::",
  };
  for (const [text, wanted] of Object.entries(known)) assert.equal(canonical(text), wanted);
  fc.assert(
    fc.property(
      fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), fc.stringMatching(/^[0-9a-f:.]{0,20}$/)),
      (text) => {
        const valid = (isIPv4(text) || isIPv6(text)) && !text.includes("%");
        assert.equal(parseAddress(text) !== undefined, valid, text);
      },
    ),
  );
});
