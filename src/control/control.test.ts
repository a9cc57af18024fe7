import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatIpv6 } from "../address/ip.ts";
import { errnos } from "../system/linux/errno.ts";
import { linux } from "../system/linux/linux.ts";
import type { System } from "../system/system.ts";
import { cmsgSpace, writeCmsgs } from "./cmsg.ts";
import { decodeControl, encodeControl, unsupported } from "./control.ts";
import type { ControlMessage, ControlMessageToSend } from "./control-message.ts";

/** The layout of a BSD: a header of 12 bytes, and CMSG_ALIGN to 4. */
const bsd: System = { ...linux, cmsg: { headerSize: 12, alignment: 4, lengthSize: 4 } };

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));

/** One control message as the kernel would lay it out. */
function laidOut(level: number, number: number, data: Uint8Array, system: System = linux): Uint8Array {
  const into = new Uint8Array(cmsgSpace(data.byteLength, system));
  writeCmsgs([{ level, number, data }], into, system);
  return into;
}

function decodeOne(level: number, number: number, data: Uint8Array): ControlMessage {
  const { messages, torn } = decodeControl(laidOut(level, number, data), linux);
  const [message] = messages;
  assert.ok(messages.length === 1 && message !== undefined && !torn);
  return message;
}

function encode(message: ControlMessage | ControlMessageToSend, system: System = linux): Uint8Array {
  const cmsg = encodeControl(message, system);
  assert.ok(cmsg !== unsupported);
  return laidOut(cmsg.level, cmsg.number, cmsg.data, system);
}

const SOL_SOCKET = 1;
const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const IPPROTO_UDP = 17;
const IPPROTO_SCTP = 132;
const SOL_ALG = 279;
const SOL_CAN_J1939 = 107;
const SOL_NETLINK = 270;
const SOL_TLS = 282;

/** Both ways: what is sent has these bytes, and what has these bytes is received as that. */
const bothWays: readonly [ControlMessage, level: number, number: number, data: string][] = [
  [{ type: "SCM_RIGHTS", descriptors: [3, 258] }, SOL_SOCKET, 1, "03000000 02010000"],
  [{ type: "SCM_RIGHTS", descriptors: [] }, SOL_SOCKET, 1, ""],
  [
    { type: "SCM_CREDENTIALS", pid: 4242, uid: 65534, gid: 0xffffffff },
    SOL_SOCKET,
    2,
    "92100000 feff0000 ffffffff",
  ],
  [
    { type: "IP_PKTINFO", ifindex: 2, specDst: "192.0.2.1", addr: "233.252.0.7" },
    IPPROTO_IP,
    8,
    "02000000 c0000201 e9fc0007",
  ],
  [
    { type: "IPV6_PKTINFO", address: "2001:db8::1", ifindex: 3 },
    IPPROTO_IPV6,
    50,
    "20010db8000000000000000000000001 03000000",
  ],
  [{ type: "IP_TTL", value: 64 }, IPPROTO_IP, 2, "40000000"],
  [{ type: "IP_TOS", value: 0xb8 }, IPPROTO_IP, 1, "b8000000"],
  [{ type: "IPV6_HOPLIMIT", value: 255 }, IPPROTO_IPV6, 52, "ff000000"],
  [{ type: "IPV6_2292HOPLIMIT", value: 64 }, IPPROTO_IPV6, 8, "40000000"],
  [{ type: "IPV6_2292HOPOPTS", data: bytes("0000010400000000") }, IPPROTO_IPV6, 3, "0000010400000000"],
  [{ type: "IPV6_2292DSTOPTS", data: bytes("0000010400000000") }, IPPROTO_IPV6, 4, "0000010400000000"],
  [{ type: "IPV6_2292RTHDR", data: bytes("0000") }, IPPROTO_IPV6, 5, "0000"],
  [
    { type: "IPV6_2292PKTINFO", address: "2001:db8::1", ifindex: 3 },
    IPPROTO_IPV6,
    2,
    "20010db8000000000000000000000001 03000000",
  ],
  [{ type: "IPV6_TCLASS", value: 0x20 }, IPPROTO_IPV6, 67, "20000000"],
  [{ type: "IPV6_FLOWINFO", value: 0x0fe12345 }, IPPROTO_IPV6, 11, "0fe12345"],
  [{ type: "IPV6_DSTOPTS", data: bytes("0000010400000000") }, IPPROTO_IPV6, 59, "0000010400000000"],
  [{ type: "IPV6_HOPOPTS", data: bytes("0000010400000000") }, IPPROTO_IPV6, 54, "0000010400000000"],
  [{ type: "IPV6_RTHDR", data: bytes("0000") }, IPPROTO_IPV6, 57, "0000"],
  [{ type: "IPV6_RTHDRDSTOPTS", data: bytes("0000") }, IPPROTO_IPV6, 55, "0000"],
  [{ type: "IP_RETOPTS", data: bytes("01010101") }, IPPROTO_IP, 7, "01010101"],
  [{ type: "SO_MARK", value: 0xfffffffe }, SOL_SOCKET, 36, "feffffff"],
  [{ type: "SO_PRIORITY", value: 6 }, SOL_SOCKET, 12, "06000000"],
  [{ type: "UDP_SEGMENT", value: 1472 }, IPPROTO_UDP, 103, "c005"],
  [{ type: "unknown", level: 263, number: -1, data: bytes("c0ffee") }, 263, -1, "c0ffee"],
];

for (const [message, level, number, data] of bothWays) {
  test(`${message.type} is laid out as its structure: ${data || "no data"}`, () => {
    assert.deepEqual(encode(message), laidOut(level, number, bytes(data)));
    assert.deepEqual(encode(message, bsd), laidOut(level, number, bytes(data), bsd));
    assert.deepEqual(decodeOne(level, number, bytes(data)), message);
  });
}

const seconds = "0080c36500000000"; // 1707311104
const received: readonly [ControlMessage, level: number, number: number, data: string][] = [
  [{ type: "SCM_PIDFD", descriptor: 9 }, SOL_SOCKET, 4, "09000000"],
  [{ type: "unknown", level: SOL_SOCKET, number: 4, data: bytes("fdffffff") }, SOL_SOCKET, 4, "fdffffff"],
  [
    { type: "SCM_TIMESTAMP", nanoseconds: 1707311104_000007000n },
    SOL_SOCKET,
    29,
    `${seconds} 0700000000000000`,
  ],
  [
    { type: "SCM_TIMESTAMPNS", nanoseconds: 1707311104_000000007n },
    SOL_SOCKET,
    35,
    `${seconds} 0700000000000000`,
  ],
  [
    {
      type: "IP_RECVERR",
      code: "ECONNREFUSED",
      origin: 2,
      icmpType: 3,
      icmpCode: 3,
      info: 1400,
      data: 7,
      offender: { family: "ipv4", address: "127.0.0.1", port: 0 },
    },
    IPPROTO_IP,
    11,
    "6f000000 02 03 03 00 78050000 07000000 0200 0000 7f000001 0000000000000000",
  ],
  [
    {
      type: "IPV6_RECVERR",
      code: "EMSGSIZE",
      origin: 1,
      icmpType: 0,
      icmpCode: 0,
      info: 1280,
      data: 0,
      offender: { family: "unspecified" },
    },
    IPPROTO_IPV6,
    25,
    "5a000000 01 00 00 00 00050000 00000000 0000 0000",
  ],
  [
    {
      type: "IP_RECVERR",
      code: "UNKNOWN",
      origin: 0,
      icmpType: 0,
      icmpCode: 0,
      info: 0,
      data: 0,
      offender: { family: "unspecified" },
    },
    IPPROTO_IP,
    11,
    "ffffffff 00 00 00 00 00000000 00000000",
  ],
  [{ type: "SO_RXQ_OVFL", value: 0xffffffff }, SOL_SOCKET, 40, "ffffffff"],
  [{ type: "SCM_WIFI_STATUS", value: 1 }, SOL_SOCKET, 41, "01000000"],
  [{ type: "SCM_INQ", value: 3 }, SOL_SOCKET, 84, "03000000"],
  [{ type: "SCM_J1939_DEST_ADDR", value: 0xfe }, SOL_CAN_J1939, 1, "fe"],
  [{ type: "SCM_J1939_DEST_NAME", name: 0x8000_0000_0000_0002n }, SOL_CAN_J1939, 2, "0200000000000080"],
  [{ type: "SCM_J1939_PRIO", value: 6 }, SOL_CAN_J1939, 3, "06"],
  [{ type: "SCM_SECURITY", label: "unconfined" }, SOL_SOCKET, 3, "756e636f6e66696e6564 00"],
  [{ type: "SCM_SECURITY", label: "u" }, SOL_SOCKET, 3, "75"],
  [{ type: "SCM_SECURITY", label: "peer" }, IPPROTO_IP, 3, "70656572"],
  [{ type: "NETLINK_LISTEN_ALL_NSID", value: 7 }, SOL_NETLINK, 8, "07000000"],
  [{ type: "TCP_CM_INQ", value: 3 }, 6, 36, "03000000"],
  [{ type: "IP_CHECKSUM", value: 0xfffe0001 }, IPPROTO_IP, 23, "0100feff"],
  [{ type: "TLS_GET_RECORD_TYPE", value: 21 }, SOL_TLS, 2, "15"],
  [{ type: "SCM_TIMESTAMPING_OPT_STATS", data: bytes("08000100") }, SOL_SOCKET, 54, "08000100"],
  [
    {
      type: "SCTP_RCVINFO",
      sid: 1,
      ssn: 2,
      flags: 4,
      ppid: 46,
      tsn: 0xfffffff0,
      cumtsn: 6,
      context: 7,
      assocId: 8,
    },
    IPPROTO_SCTP,
    3,
    "0100 0200 0400 0000 0000002e f0ffffff 06000000 07000000 08000000",
  ],
  [
    { type: "SCTP_NXTINFO", sid: 1, flags: 4, ppid: 46, length: 9, assocId: 8 },
    IPPROTO_SCTP,
    4,
    "0100 0400 0000002e 09000000 08000000",
  ],
  [
    {
      type: "SCTP_SNDRCV",
      stream: 1,
      ssn: 2,
      flags: 4,
      ppid: 46,
      context: 7,
      timetolive: 3,
      tsn: 0xfffffff0,
      cumtsn: 6,
      assocId: 8,
    },
    IPPROTO_SCTP,
    1,
    "0100 0200 0400 0000 0000002e 07000000 03000000 f0ffffff 06000000 08000000",
  ],
  [{ type: "IP_RECVFRAGSIZE", value: 1500 }, IPPROTO_IP, 25, "dc050000"],
  [{ type: "IPV6_RECVFRAGSIZE", value: 1280 }, IPPROTO_IPV6, 77, "00050000"],
  [{ type: "IP_RECVOPTS", data: bytes("01010101") }, IPPROTO_IP, 6, "01010101"],
  [
    { type: "SCM_TIMESTAMPING", software: 1707311104_000000007n, hardware: 1_000_000_002n },
    SOL_SOCKET,
    37,
    `${seconds} 0700000000000000 ${"00".repeat(16)} 0100000000000000 0200000000000000`,
  ],
  [
    { type: "SCM_TIMESTAMPING_PKTINFO", ifindex: 2, length: 60 },
    SOL_SOCKET,
    58,
    "02000000 3c000000 0000000000000000",
  ],
  [
    { type: "IP_ORIGDSTADDR", address: { family: "ipv4", address: "192.0.2.1", port: 80 } },
    IPPROTO_IP,
    20,
    "0200 0050 c0000201 0000000000000000",
  ],
  [
    {
      type: "IPV6_ORIGDSTADDR",
      address: { family: "ipv6", address: "2001:db8::1", port: 80, flowlabel: 0, scopeId: 2 },
    },
    IPPROTO_IPV6,
    74,
    "0a00 0050 00000000 20010db8000000000000000000000001 02000000",
  ],
  [
    {
      type: "IPV6_PATHMTU",
      address: { family: "ipv6", address: "2001:db8::1", port: 0, flowlabel: 0, scopeId: 0 },
      mtu: 1280,
    },
    IPPROTO_IPV6,
    61,
    "0a00 0000 00000000 20010db8000000000000000000000001 00000000 00050000",
  ],
  // ip_cmsg_recv_tos in net/ipv4/ip_sockglue.c sends a byte, udp_cmsg_recv in include/net/udp.h an
  // int.
  [{ type: "IP_TOS", value: 0xb8 }, IPPROTO_IP, 1, "b8"],
  [{ type: "UDP_GRO", value: 1472 }, IPPROTO_UDP, 104, "c0050000"],
];

for (const [message, level, number, data] of received) {
  test(`${message.type} is received from ${data}`, () => {
    assert.deepEqual(decodeOne(level, number, bytes(data)), message);
  });
}

/** Messages that are sent, but not received in that form. */
const onlySent: readonly [ControlMessageToSend, level: number, number: number, data: string][] = [
  [{ type: "IPV6_DONTFRAG", value: 1 }, IPPROTO_IPV6, 62, "01000000"],
  [{ type: "IP_PROTOCOL", value: 17 }, IPPROTO_IP, 52, "11000000"],
  [{ type: "SCM_TS_OPT_ID", value: 0xffffffff }, SOL_SOCKET, 81, "ffffffff"],
  [{ type: "SCM_TIMESTAMPING", flags: 0x302 }, SOL_SOCKET, 37, "02030000"],
  [{ type: "TLS_SET_RECORD_TYPE", value: 21 }, SOL_TLS, 1, "15"],
  [{ type: "ALG_SET_OP", value: 1 }, SOL_ALG, 3, "01000000"],
  [{ type: "ALG_SET_IV", iv: bytes("0102") }, SOL_ALG, 2, "020000000102"],
  [{ type: "ALG_SET_AEAD_ASSOCLEN", value: 20 }, SOL_ALG, 4, "14000000"],
  [
    { type: "SCTP_SNDINFO", sid: 1, flags: 4, ppid: 46, context: 7, assocId: 8 },
    IPPROTO_SCTP,
    2,
    "0100 0400 0000002e 07000000 08000000",
  ],
  [
    { type: "SCTP_INIT", numOstreams: 1, maxInstreams: 2, maxAttempts: 3, maxInitTimeo: 4 },
    IPPROTO_SCTP,
    0,
    "0100 0200 0300 0400",
  ],
  [{ type: "SCTP_PRINFO", policy: 0x10, value: 200 }, IPPROTO_SCTP, 5, "1000 0000 c8000000"],
  [{ type: "SCTP_AUTHINFO", keynumber: 2 }, IPPROTO_SCTP, 6, "0200"],
  [{ type: "SCTP_DSTADDRV4", address: "192.0.2.1" }, IPPROTO_SCTP, 7, "c0000201"],
  [{ type: "SCTP_DSTADDRV6", address: "2001:db8::1" }, IPPROTO_SCTP, 8, "20010db8000000000000000000000001"],
  [{ type: "SCTP_SNDINFO", sid: 3 }, IPPROTO_SCTP, 2, "0300 0000 00000000 00000000 00000000"],
  [{ type: "SCM_TXTIME", nanoseconds: 2n ** 64n - 2n }, SOL_SOCKET, 61, "feffffffffffffff"],
];

for (const [message, level, number, data] of onlySent) {
  test(`${message.type} is sent as ${data}`, () => {
    assert.deepEqual(encode(message), laidOut(level, number, bytes(data)));
    assert.equal(decodeOne(level, number, bytes(data)).type, "unknown");
  });
}

test("SCTP_SNDRCV is sent without the fields that only received messages have", () => {
  const message = { type: "SCTP_SNDRCV", stream: 1, flags: 4, ppid: 46, context: 7, timetolive: 9 } as const;
  const data = "0100 0000 0400 0000 0000002e 07000000 09000000 00000000 00000000 08000000";
  assert.deepEqual(encode({ ...message, assocId: 8 }), laidOut(IPPROTO_SCTP, 1, bytes(data)));
});

test("a value out of its range is not sent", () => {
  for (const message of [
    { type: "IPV6_FLOWINFO", value: 0x10000000 },
    { type: "IPV6_DONTFRAG", value: 2 },
    { type: "SO_MARK", value: 2 ** 32 },
    { type: "SO_PRIORITY", value: -1 },
    { type: "SCTP_SNDINFO", sid: 0x10000 },
    { type: "SCTP_SNDRCV", stream: 0x10000 },
    { type: "SCTP_PRINFO", policy: 0x10000, value: 0 },
    { type: "SCTP_AUTHINFO", keynumber: -1 },
    { type: "SCTP_INIT", maxAttempts: 0x10000 },
    { type: "TLS_SET_RECORD_TYPE", value: 256 },
    { type: "SCM_TXTIME", nanoseconds: -1n },
    { type: "SCM_TXTIME", nanoseconds: 2n ** 64n },
    { type: "SCM_TIMESTAMPING", flags: 1.5 },
  ] as const) {
    assert.throws(() => encodeControl(message, linux), { name: "RangeError" }, message.type);
  }
  const number: unknown = { type: "SCM_TXTIME", nanoseconds: 1 };
  assert.throws(() => encodeControl(number as ControlMessageToSend, linux), { name: "TypeError" });
  const text: unknown = { type: "IPV6_DSTOPTS", data: "text" };
  assert.throws(() => encodeControl(text as ControlMessageToSend, linux), { name: "TypeError" });
});

test("a message keeps copies: what the next call writes into the buffer does not change it", () => {
  for (const [message, level, number, data] of [...bothWays, ...received]) {
    // A Buffer, whose slice() would be a window.
    const buffer = Buffer.from(laidOut(level, number, bytes(data)));
    const { messages } = decodeControl(buffer, linux);
    buffer.fill(0xa5);
    assert.deepEqual(messages, [message]);
  }
  const offender = "6f000000 02 03 03 00 78050000 07000000 fe00 0102";
  const buffer = Buffer.from(laidOut(IPPROTO_IP, 11, bytes(offender)));
  const { messages } = decodeControl(buffer, linux);
  const before = structuredClone(messages);
  buffer.fill(0xa5);
  assert.deepEqual(messages, before);
});

test("a message that is not as long as its type stays bytes", () => {
  for (const [name, lengths] of Object.entries({
    IPV6_HOPLIMIT: [0, 3, 5, 8],
    IPV6_PKTINFO: [0, 19, 21],
    IPV6_RECVERR: [0, 15],
    IP_PKTINFO: [0, 11, 13],
    IP_RECVERR: [0, 15],
    SCM_CREDENTIALS: [0, 11, 13],
    SCM_PIDFD: [0, 3, 5, 8],
    SCM_RIGHTS: [1, 2, 3, 5],
    SCM_TIMESTAMP: [0, 8, 15, 17],
    SCM_TIMESTAMPNS: [0, 8, 15, 17],
    IPV6_FLOWINFO: [0, 3, 8],
    IPV6_ORIGDSTADDR: [0, 16, 27, 29],
    IPV6_PATHMTU: [0, 28, 33],
    IP_ORIGDSTADDR: [0, 15, 28],
    SCM_TIMESTAMPING: [0, 4, 47, 49],
    SCM_TIMESTAMPING_PKTINFO: [0, 8, 20],
    SCM_TXTIME: [0, 8],
    SO_MARK: [0, 2, 8],
    SO_RXQ_OVFL: [0, 1, 8],
    SCTP_RCVINFO: [0, 27, 32],
    SCTP_NXTINFO: [0, 15, 17],
    SCTP_SNDINFO: [0, 16],
    SCTP_SNDRCV: [0, 31, 33],
    TCP_CM_INQ: [0, 3, 8],
    TLS_GET_RECORD_TYPE: [0, 3, 8],
    UDP_SEGMENT: [0, 3, 5],
  })) {
    const type = linux.controls[name];
    assert.ok(type !== undefined);
    for (const length of lengths) {
      const data = new Uint8Array(length).fill(1);
      assert.deepEqual(decodeOne(type.level, type.number, data), { type: "unknown", ...type, data });
    }
  }
});

const uint8 = fc.integer({ min: 0, max: 0xff });
const uint16 = fc.integer({ min: 0, max: 0xffff });
const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const nat = fc.integer({ min: 0, max: 0x7fffffff });
const int32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });
const plain = { noNullPrototype: true };
const numbered = <Type extends string>(type: Type, value: fc.Arbitrary<number>) =>
  fc.record({ type: fc.constant(type), value }, plain);
const anyToSend: fc.Arbitrary<ControlMessage> = fc.oneof(
  numbered("IP_TTL", uint8),
  numbered("IP_TOS", uint8),
  numbered("IPV6_HOPLIMIT", uint8),
  numbered("IPV6_TCLASS", uint8),
  numbered("UDP_SEGMENT", uint16),
  fc.record({ type: fc.constant("SCM_RIGHTS"), descriptors: fc.array(int32, { maxLength: 253 }) }, plain),
  fc.record({ type: fc.constant("SCM_CREDENTIALS"), pid: int32, uid: uint32, gid: uint32 }, plain),
  fc.record({ type: fc.constant("IP_PKTINFO"), ifindex: nat, specDst: fc.ipV4(), addr: fc.ipV4() }, plain),
  fc.record(
    {
      type: fc.constant("IPV6_PKTINFO"),
      address: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(formatIpv6),
      ifindex: nat,
    },
    plain,
  ),
  fc.record(
    {
      type: fc.constant("unknown"),
      // No protocol that berkeley knows has it.
      level: fc.integer({ min: 300, max: 0x7fffffff }),
      number: int32,
      data: fc.uint8Array({ maxLength: 100 }),
    },
    plain,
  ),
);

for (const [layout, system] of Object.entries({ linux, bsd })) {
  test(`decoding undoes encoding, for any messages that can be sent (${layout})`, () => {
    fc.assert(
      fc.property(fc.array(anyToSend, { maxLength: 5 }), (messages) => {
        const buffer = Buffer.concat(messages.map((message) => encode(message, system)));
        assert.deepEqual(decodeControl(buffer, system), { messages, torn: false });
      }),
      { numRuns: 3000 },
    );
  });
}

const BUFFERS = 90_000;

/** Numbers that look random, the same every time: a failure can be run again. */
function xorshift(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/**
 * A control buffer as a hostile or broken kernel might fill it: headers of known types, with
 * lengths that are nearly right.
 */
function hostile(random: (below: number) => number, system: System): Uint8Array {
  const { headerSize, lengthSize } = system.cmsg;
  const buffer = new Uint8Array(random(160));
  const view = new DataView(buffer.buffer);
  for (let at = 0; at < buffer.byteLength; at += 1) buffer[at] = random(256);
  const known = Object.values(system.controls);
  let offset = 0;
  while (random(8) > 0 && buffer.byteLength - offset >= headerSize) {
    const rest = buffer.byteLength - offset;
    const data = [0, 1, 2, 4, 8, 12, 16, 20, 28, 32, 48, random(40)][random(12)] ?? 0;
    const header = cmsgSpace(0, system);
    const length =
      [header + data, header + data, rest, rest + 1, random(rest), 0, 0xffffffff][random(7)] ?? 0;
    view.setUint32(offset, length, true);
    if (lengthSize === 8) view.setUint32(offset + 4, random(20) === 0 ? 0xffffffff : 0, true);
    const { level, number } = known[random(known.length)] ?? { level: 0, number: 0 };
    view.setInt32(offset + lengthSize, level, true);
    view.setInt32(offset + lengthSize + 4, number, true);
    offset += Math.max(header, cmsgSpace(length - header, system));
  }
  return buffer;
}

for (const [layout, system] of Object.entries({ linux, bsd })) {
  test(`${BUFFERS} hostile buffers are read to their end, and never past it (${layout})`, () => {
    const random = xorshift(0x5eed);
    const seen = new Map<string, number>();
    const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
    for (let run = 0; run < BUFFERS; run += 1) {
      const buffer = hostile(random, system);
      // Memory around the buffer is not read.
      const [decoded, again] = [0xa5, 0x11].map((around) => {
        const memory = new Uint8Array(16 + buffer.byteLength + 64).fill(around);
        memory.set(buffer, 16);
        return decodeControl(memory.subarray(16, 16 + buffer.byteLength), system);
      });
      assert.deepEqual(decoded, again, `run ${run}: ${Buffer.from(buffer).toString("hex")}`);
      assert.ok(decoded !== undefined);
      // A header of its own for each: it cannot have gone round in circles.
      assert.ok(decoded.messages.length * system.cmsg.headerSize <= buffer.byteLength);
      for (const { type } of decoded.messages) count(type);
      count(decoded.torn ? "torn" : "whole");
    }
    // The test is only meaningful if it reached every case.
    const sentOnly = onlySent
      .filter(([{ type }]) => type !== "SCM_TIMESTAMPING")
      .map(([{ type }]) => `${type}`);
    const reached = Object.keys(system.controls).filter((name) => !sentOnly.includes(name));
    for (const what of [...reached, "unknown", "torn", "whole"]) {
      assert.ok((seen.get(what) ?? 0) > 5, `${what}: ${seen.get(what)}`);
    }
  });
}

test("a message that cannot be sent, or has a bad value, throws and says why", () => {
  const cases: [unknown, RegExp, typeof TypeError | typeof RangeError][] = [
    [null, /not null/, TypeError],
    ["IP_TTL", /not string/, TypeError],
    [{}, /of type undefined cannot be sent/, TypeError],
    [{ type: "constructor" }, /"constructor" cannot be sent/, TypeError],
    [{ type: "__proto__" }, /"__proto__" cannot be sent/, TypeError],
    [{ type: "SCM_PIDFD", descriptor: 3 }, /SCM_PIDFD" cannot be sent/, TypeError],
    [{ type: "SCM_TIMESTAMP", nanoseconds: 0n }, /SCM_TIMESTAMP" cannot be sent/, TypeError],
    [{ type: "UDP_GRO", value: 1 }, /UDP_GRO" cannot be sent/, TypeError],
    [{ type: "IP_RECVERR" }, /IP_RECVERR" cannot be sent/, TypeError],
    [{ type: "IP_TTL" }, /must be a number, not undefined/, TypeError],
    [{ type: "IP_TTL", value: "64" }, /must be a number, not string/, TypeError],
    [{ type: "IP_TTL", value: 256 }, /from 0 to 255, not 256/, RangeError],
    [{ type: "IPV6_HOPLIMIT", value: -1 }, /from 0 to 255, not -1/, RangeError],
    [{ type: "UDP_SEGMENT", value: 65536 }, /from 0 to 65535, not 65536/, RangeError],
    [{ type: "SCM_CREDENTIALS", pid: 1.5, uid: 0, gid: 0 }, /pid/, RangeError],
    [{ type: "SCM_CREDENTIALS", pid: 1, uid: -1, gid: 0 }, /uid/, RangeError],
    [{ type: "SCM_CREDENTIALS", pid: 1, uid: 0 }, /gid/, TypeError],
    [{ type: "IP_PKTINFO", ifindex: 0, specDst: "::1", addr: "0.0.0.0" }, /specDst .*"::1"/, TypeError],
    [{ type: "IP_PKTINFO", ifindex: 0, specDst: "0.0.0.0" }, /addr .*undefined/, TypeError],
    [{ type: "IP_PKTINFO", ifindex: -1, specDst: "0.0.0.0", addr: "0.0.0.0" }, /ifindex/, RangeError],
    [{ type: "IPV6_PKTINFO", ifindex: 0, address: "127.0.0.1" }, /address .*"127.0.0.1"/, TypeError],
    [{ type: "unknown", level: 0, number: 0, data: "x" }, /must be a Uint8Array, not string/, TypeError],
    [{ type: "unknown", level: 2 ** 31, number: 0, data: bytes("") }, /level/, RangeError],
    [{ type: "unknown", level: 0, number: 0.5, data: bytes("") }, /number/, RangeError],
  ];
  for (const [message, expected, type] of cases) {
    const bad: unknown = message;
    assert.throws(
      // @ts-expect-error whatever a program without types may pass
      () => encodeControl(bad, linux),
      (error) => error instanceof type && expected.test(error.message),
      JSON.stringify(message, (_, value) => (typeof value === "bigint" ? `${value}n` : value)),
    );
  }
});

test("a type that the system has no number for is unsupported", () => {
  const { UDP_SEGMENT: _, ...controls } = linux.controls;
  assert.equal(encodeControl({ type: "UDP_SEGMENT", value: 1200 }, { ...linux, controls }), unsupported);
});

test("the length of an unknown message's bytes cannot be faked by a property", () => {
  const data = bytes("c0ffee");
  for (const property of ["length", "byteLength"]) Object.defineProperty(data, property, { value: 4096 });
  const cmsg = encodeControl({ type: "unknown", level: 1, number: 2, data }, linux);
  assert.ok(cmsg !== unsupported);
  assert.deepEqual(cmsg, { level: 1, number: 2, data: bytes("c0ffee") });
});

test("every errno that the system has can be the code of an extended error", () => {
  for (const [code, number] of Object.entries(errnos)) {
    const data = new Uint8Array(16);
    new DataView(data.buffer).setUint32(0, number, true);
    const message = decodeOne(IPPROTO_IP, 11, data);
    assert.ok(message.type === "IP_RECVERR" && message.code === code);
  }
});
