import assert from "node:assert/strict";
import { SocketAddress } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { except, exceptionHere } from "../../test/platform.ts";
import { linux } from "../system/linux/linux.ts";
import type { System } from "../system/system.ts";
import { LENGTH_SIZE, ValueResult } from "../system/value-result.ts";
import type { Address, AddressInput } from "./address.ts";
import { formatIpv6 } from "./ip.ts";
import { decodeAddress, encodeAddress } from "./sockaddr.ts";

/** The BSDs' layout: a length byte before the family, and a shorter sun_path. */
const bsd: System = {
  ...linux,
  sockaddr: { lengthByte: true, sunPathSize: 104, abstractNames: false, bluez: false },
};

function encode(address: AddressInput, system: System = linux): Uint8Array {
  return encodeAddress(address, system, new ValueResult(new ArrayBuffer(LENGTH_SIZE + 128))).valid.slice();
}

function decode(bytes: Uint8Array, system: System = linux): Address {
  const value = new ValueResult(new ArrayBuffer(LENGTH_SIZE + 128));
  value.bytes.set(bytes);
  value.length = bytes.byteLength;
  return decodeAddress(system, value);
}

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));

test("an IPv4 address is laid out as sockaddr_in", () => {
  const address = { family: "ipv4", address: "192.0.2.1", port: 8080 } as const;
  assert.deepEqual(encode(address), bytes("0200 1f90 c0000201 0000000000000000"));
  assert.deepEqual(encode(address, bsd), bytes("1002 1f90 c0000201 0000000000000000"));
});

test("an IPv6 address is laid out as sockaddr_in6", () => {
  const address = {
    family: "ipv6",
    address: "2001:db8::1",
    port: 443,
    flowlabel: 0x12345,
    scopeId: 7,
  } as const;
  const rest = "01bb 00012345 20010db8000000000000000000000001 07000000";
  assert.deepEqual(encode(address), bytes(`0a00 ${rest}`));
  assert.deepEqual(encode(address, bsd), bytes(`1c0a ${rest}`));
});

test("netlink, packet and vsock addresses are laid out as sockaddr_nl, sockaddr_ll and sockaddr_vm", () => {
  assert.deepEqual(
    encode({ family: "netlink", pid: 4242, groups: 0x80000001 }),
    bytes("1000 0000 92100000 01000080"),
  );
  const address = bytes("020000000001");
  assert.deepEqual(
    encode({ family: "packet", protocol: 0x0800, ifindex: 2, hatype: 1, pkttype: 4, address }),
    bytes("1100 0800 02000000 0100 04 06 020000000001 0000"),
  );
  assert.deepEqual(
    encode({ family: "packet", protocol: 3, ifindex: 1 }),
    bytes("1100 0003 01000000 0000 00 00 0000000000000000"),
  );
  const vsock = { family: "vsock", cid: 2, port: 0xffffffff } as const;
  assert.deepEqual(encode(vsock), bytes("2800 0000 ffffffff 02000000 00 000000"));
  assert.deepEqual(encode({ ...vsock, flags: 1 }), bytes("2800 0000 ffffffff 02000000 01 000000"));
});

/** Each address with its sockaddr on Linux. */
const special: readonly (readonly [Address, string])[] = [
  [
    { family: "can", ifindex: 3, rxId: 0x123, txId: 0x80000321, pgn: 0x12300, addr: 0x20 },
    "1d00 0000 03000000 23010000 21030080 00230100 20 000000",
  ],
  [
    { family: "alg", type: "hash", name: "sha256", feat: 1, mask: 2 },
    `2600 68617368${"00".repeat(10)} 01000000 02000000 736861323536${"00".repeat(58)}`,
  ],
  [
    {
      ...{ family: "bluetooth", protocol: "l2cap", address: "00:1a:7d:da:71:13" },
      ...{ psm: 0x1001, cid: 4, addressType: 1 },
    } as const,
    "1f00 0110 1371da7d1a00 0400 01 00",
  ],
  [
    { family: "bluetooth", protocol: "rfcomm", address: "00:1a:7d:da:71:13", channel: 7 },
    "1f00 1371da7d1a00 07 00",
  ],
  [{ family: "bluetooth", protocol: "sco", address: "00:1a:7d:da:71:13" }, "1f00 1371da7d1a00"],
  [{ family: "bluetooth", protocol: "hci", dev: 1, channel: 3 }, "1f00 0100 0300"],
  [
    { family: "tipc", type: "range", service: 18888, lower: 0, upper: 0xffffffff, scope: -3 },
    "1e00 01 fd c8490000 00000000 ffffffff",
  ],
  [
    { family: "tipc", type: "service", service: 18888, instance: 17, domain: 0, scope: 0 },
    "1e00 02 00 c8490000 11000000 00000000",
  ],
  [{ family: "tipc", type: "socket", ref: 1, node: 2, scope: 0 }, "1e00 03 00 01000000 02000000 00000000"],
  [{ family: "qipcrtr", node: 1, port: 0xfffffffe }, "2a00 0000 01000000 feffffff"],
  [
    { family: "xdp", flags: 2, ifindex: 3, queueId: 4, sharedUmemFd: 5 },
    "2c00 0200 03000000 04000000 05000000",
  ],
];

for (const [address, sockaddr] of special) {
  test(`${address.family} addresses are laid out as in C: ${sockaddr}`, () => {
    assert.deepEqual(encode(address), bytes(sockaddr));
    assert.deepEqual(decode(bytes(sockaddr)), address);
    // One that is cut off stays bytes.
    const cut = decode(bytes(sockaddr).subarray(0, 5));
    assert.equal(cut.family, "unknown");
  });
}

test("a raw CAN socket's name ends after its interface, and fields that are left out are 0", () => {
  const none = { rxId: 0, txId: 0, pgn: 0, addr: 0 };
  assert.deepEqual(decode(bytes("1d00 0000 03000000")), { family: "can", ifindex: 3, ...none });
  assert.deepEqual(encode({ family: "can", ifindex: 3 }), bytes(`1d00 0000 03000000 ${"00".repeat(16)}`));
  assert.deepEqual(
    encode({ family: "xdp", ifindex: 3, queueId: 4 }),
    bytes("2c00 0000 03000000 04000000 00000000"),
  );
  assert.deepEqual(
    encode({ family: "alg", type: "rng", name: "stdrng" }),
    bytes(`2600 726e67${"00".repeat(19)} 737464726e67${"00".repeat(58)}`),
  );
});

test("only BlueZ has Bluetooth addresses", () => {
  const address = { family: "bluetooth", protocol: "hci", dev: 0, channel: 0 } as const;
  assert.throws(() => encode(address, bsd), { code: "ERR_INVALID_ARG_VALUE" });
  assert.equal(decode(bytes("061f 0100 0300"), bsd).family, "unknown");
});

test("a packet address is as long as the address in it, or as the whole structure", () => {
  const loopback = { family: "packet", protocol: 0x0800, ifindex: 1, hatype: 772, pkttype: 4 } as const;
  const head = "1100 0800 01000000 0403 04";
  assert.deepEqual(decode(bytes(`${head} 06 000000000000`)), { ...loopback, address: new Uint8Array(6) });
  assert.deepEqual(decode(bytes(`${head} 06 000000000000 0000`)), {
    ...loopback,
    address: new Uint8Array(6),
  });
  assert.deepEqual(decode(bytes(`${head} 00`)), { ...loopback, address: new Uint8Array(0) });
  // One that claims more than there is stays bytes.
  for (const torn of [`${head} 07 000000000000`, `${head} 09 0000000000000000`, head])
    assert.equal(decode(bytes(torn)).family, "unknown", torn);
});

test("a unix address is as long as its name: a path ends with a NUL, an abstract name does not", () => {
  assert.deepEqual(encode({ family: "unix", path: "/a" }), bytes("0100 2f61 00"));
  assert.deepEqual(encode({ family: "unix", path: "\0a" }), bytes("0100 0061"));
  assert.deepEqual(encode({ family: "unix", path: "" }), bytes("0100"));
  assert.equal(encode({ family: "unix", path: "x".repeat(108) }).byteLength, 110);
});

test("sun_path's bytes after the first NUL are not the path's", () => {
  assert.deepEqual(decode(bytes("0100 2f61 00 2f62")), { family: "unix", path: "/a" });
});

test("an address that is too short for its family, or of an unknown family, stays bytes", () => {
  assert.deepEqual(decode(bytes("0200 1f90")), { family: "unknown", number: 2, data: bytes("1f90") });
  assert.deepEqual(decode(bytes("2600 0102")), { family: "unknown", number: 38, data: bytes("0102") });
  for (const none of ["", "02", "0000", "0000 1234"])
    assert.deepEqual(decode(bytes(none)), { family: "unspecified" });
});

const port = fc.integer({ min: 0, max: 0xffff });
const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const plain = { noNullPrototype: true };
const ipv4 = fc.record({ family: fc.constant("ipv4"), address: fc.ipV4(), port }, plain);
const ipv6 = fc.record(
  {
    family: fc.constant("ipv6"),
    address: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(formatIpv6),
    port,
    flowlabel: uint32,
    scopeId: uint32,
  },
  plain,
);
const name = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.uint8Array({ maxLength: 104 }).map(stringIfUtf8),
  fc.uint8Array({ maxLength: 103 }).map((rest) => stringIfUtf8(Uint8Array.from([0, ...rest]))),
);
const unix = fc
  .record({ family: fc.constant("unix"), path: name }, plain)
  .filter(({ path }) => typeof path !== "string" || Buffer.byteLength(path) <= 104)
  .filter(
    ({ path }) =>
      path[0] === "\0" ||
      path[0] === 0 ||
      !(typeof path === "string" ? path.includes("\0") : path.includes(0)),
  );
const unknown = fc.record(
  {
    family: fc.constant("unknown"),
    number: fc.integer({ min: 46, max: 0xff }),
    data: fc.uint8Array({ maxLength: 126 }),
  },
  plain,
);
const netlink = fc.record({ family: fc.constant("netlink"), pid: uint32, groups: uint32 }, plain);
const packet = fc.record(
  {
    family: fc.constant("packet"),
    protocol: port,
    ifindex: fc.integer({ min: -0x80000000, max: 0x7fffffff }),
    hatype: port,
    pkttype: fc.integer({ min: 0, max: 0xff }),
    address: fc.uint8Array({ maxLength: 8 }),
  },
  plain,
);
const vsock = fc.record(
  { family: fc.constant("vsock"), cid: uint32, port: uint32, flags: fc.integer({ min: 0, max: 0xff }) },
  plain,
);
const anyAddress: fc.Arbitrary<Address> = fc.oneof(
  ipv4,
  ipv6,
  netlink,
  packet,
  unix,
  unknown,
  vsock,
  fc.constant({ family: "unspecified" } as const),
);

function stringIfUtf8(data: Uint8Array): string | Uint8Array {
  const text = Buffer.from(data).toString("utf8");
  return Buffer.from(text).equals(data) ? text : data;
}

for (const [layout, system] of [
  ["linux", linux],
  ["bsd", bsd],
] as const) {
  test(`decoding undoes encoding, for any address (${layout})`, () => {
    fc.assert(
      fc.property(anyAddress, (address) => {
        fc.pre(system.sockaddr.abstractNames || !isAbstract(address));
        assert.deepEqual(decode(encode(address, system), system), address);
      }),
      { numRuns: 3000 },
    );
  });

  test(`any bytes decode, and what decodes encodes and decodes to the same (${layout})`, () => {
    const families = fc.constantFrom(0, 1, 2, 10, 16, 17, 29, 30, 31, 38, 40, 42, 44, 255);
    fc.assert(
      fc.property(families, fc.uint8Array({ maxLength: 126 }), (family, data) => {
        const head = system.sockaddr.lengthByte ? [data.byteLength + 2, family] : [family, 0];
        const address = decode(Uint8Array.from([...head, ...data]), system);
        if (address.family === "unix" && encodedLength(address.path) > system.sockaddr.sunPathSize) return;
        assert.deepEqual(decode(encode(address, system), system), address);
      }),
      { numRuns: 5000 },
    );
  });
}

function isAbstract(address: Address): boolean {
  return address.family === "unix" && (address.path[0] === "\0" || address.path[0] === 0);
}

function encodedLength(path: string | Uint8Array): number {
  return typeof path === "string" ? Buffer.byteLength(path) : path.byteLength;
}

const anyTexts = except({ bun: "Bun's net.SocketAddress keeps a text as it was given" });

test("IPv6 texts are read as Node reads them, and ours are read by Node", anyTexts, () => {
  const bytesOf = (address: string) => encode({ family: "ipv6", address, port: 1 });
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const nodes = new SocketAddress({ family: "ipv6", address: text }).address;
      assert.deepEqual(bytesOf(text), bytesOf(nodes));
      const decoded = decode(bytesOf(text));
      assert.ok(decoded.family === "ipv6");
      assert.equal(new SocketAddress({ family: "ipv6", address: decoded.address }).address, nodes);
    }),
  );
});

test("IPv6 addresses are written as RFC 5952 says", () => {
  const written = {
    "2001:0DB8:0:0:0:0:0:1": "2001:db8::1",
    "2001:db8:0:1:1:1:1:1": "2001:db8:0:1:1:1:1:1",
    "2001:0:0:1:0:0:0:1": "2001:0:0:1::1",
    "2001:db8:0:0:1:0:0:1": "2001:db8::1:0:0:1",
    "::ffff:192.0.2.1": "::ffff:192.0.2.1",
    "::ffff:c000:201": "::ffff:192.0.2.1",
    "0:0:0:0:0:0:0:0": "::",
    "1::": "1::",
  };
  for (const [text, expected] of Object.entries(written)) {
    const decoded = decode(encode({ family: "ipv6", address: text, port: 1 }));
    assert.equal(decoded.family === "ipv6" && decoded.address, expected);
  }
});

test("accepts the objects that Node returns", () => {
  const expected = { family: "ipv4", address: "127.0.0.1", port: 80 };
  assert.deepEqual(
    decode(encode(new SocketAddress({ family: "ipv4", address: "127.0.0.1", port: 80 }))),
    expected,
  );
  assert.deepEqual(decode(encode({ address: "127.0.0.1", family: "IPv4", port: 80 })), expected);
  const v6 = { family: "ipv6", address: "::1", port: 80, flowlabel: 5, scopeId: 0 };
  assert.deepEqual(
    decode(encode(new SocketAddress({ family: "ipv6", address: "::1", port: 80, flowlabel: 5 }))),
    v6,
  );
  assert.deepEqual(decode(encode({ address: "::1", family: "IPv6", port: 80 })), { ...v6, flowlabel: 0 });
});

test(
  "a zone is the number of an interface, or its name",
  except({ windows: "Windows has no interface named lo" }),
  () => {
    const scopeOf = (address: string) => {
      const decoded = decode(encode({ family: "ipv6", address, port: 0 }));
      assert.ok("scopeId" in decoded);
      return decoded.scopeId;
    };
    assert.equal(scopeOf("fe80::1%3"), 3);
    assert.equal(scopeOf("fe80::1%lo"), 1);
    assert.throws(() => scopeOf("fe80::1%nosuchinterface"), /network interface .*not "nosuchinterface"/);
    assert.throws(() => scopeOf("fe80::1%lo%lo"), /network interface .*not "lo%lo"/);
    assert.throws(() => scopeOf("fe80::1%lo\0lo"), /network interface .*not "lo\\u0000lo"/);
  },
);

test("a bad address throws, and says why", () => {
  const cases: [unknown, RegExp, typeof TypeError | typeof RangeError][] = [
    [null, /not null/, TypeError],
    ["127.0.0.1:80", /not string/, TypeError],
    [{}, /family of an address/, TypeError],
    [{ family: "inet", address: "127.0.0.1", port: 1 }, /not "inet"/, TypeError],
    [{ family: "ipv4", address: "127.1", port: 1 }, /must be an IPv4 address, not "127.1"/, TypeError],
    [{ family: "ipv4", address: "::1", port: 1 }, /must be an IPv4 address, not "::1"/, TypeError],
    [{ family: "ipv4", port: 1 }, /must be an IPv4 address, not undefined/, TypeError],
    [
      { family: "ipv6", address: "127.0.0.1", port: 1 },
      /must be an IPv6 address, not "127.0.0.1"/,
      TypeError,
    ],
    [{ family: "ipv6", address: 1, port: 1 }, /must be an IPv6 address, not number/, TypeError],
    // net.isIPv4() turns what it is given into a string first.
    [{ family: "ipv4", address: ["127.0.0.1"], port: 1 }, /must be an IPv4 address, not Array/, TypeError],
    [
      { family: "ipv4", address: { toString: null }, port: 1 },
      /must be an IPv4 address, not Object/,
      TypeError,
    ],
    [{ family: ["ipv4"], address: "127.0.0.1", port: 1 }, /family of an address .* not Array/, TypeError],
    [
      { family: "ipv4", address: "127.0.0.1" },
      /the port of an address must be a number, not undefined/,
      TypeError,
    ],
    [{ family: "ipv4", address: "127.0.0.1", port: "80" }, /must be a number, not string/, TypeError],
    [{ family: "ipv4", address: "127.0.0.1", port: 65536 }, /from 0 to 65535, not 65536/, RangeError],
    [{ family: "ipv4", address: "127.0.0.1", port: -1 }, /from 0 to 65535, not -1/, RangeError],
    [{ family: "ipv4", address: "127.0.0.1", port: 1.5 }, /from 0 to 65535, not 1.5/, RangeError],
    [{ family: "ipv6", address: "::1", port: 1, scopeId: 2 ** 32 }, /scopeId/, RangeError],
    [{ family: "ipv6", address: "::1", port: 1, flowlabel: -1 }, /flowlabel/, RangeError],
    [{ family: "unix" }, /path of a unix address/, TypeError],
    [{ family: "unix", path: 5 }, /not number/, TypeError],
    [{ family: "unix", path: "a\0b" }, /NUL/, TypeError],
    [{ family: "unix", path: "\ud800" }, /lone surrogate/, TypeError],
    [{ family: "unix", path: "x".repeat(109) }, /109 bytes long; sun_path holds at most 108/, RangeError],
    [{ family: "unix", path: "é".repeat(55) }, /110 bytes long/, RangeError],
    [{ family: "netlink", groups: 0 }, /the pid of an address must be a number, not undefined/, TypeError],
    [{ family: "netlink", pid: 0, groups: 2 ** 32 }, /the groups of an address/, RangeError],
    [{ family: "packet", protocol: 0x10000, ifindex: 0 }, /the protocol of an address/, RangeError],
    [
      { family: "packet", protocol: 3 },
      /the ifindex of an address must be the index or the name of an interface/,
      TypeError,
    ],
    [{ family: "packet", protocol: 3, ifindex: 0, pkttype: 256 }, /the pkttype of an address/, RangeError],
    [{ family: "packet", protocol: 3, ifindex: 0, hatype: -1 }, /the hatype of an address/, RangeError],
    [{ family: "packet", protocol: 3, ifindex: 0, address: "lo" }, /Uint8Array, not string/, TypeError],
    [
      { family: "packet", protocol: 3, ifindex: 0, address: new Uint8Array(9) },
      /9 bytes long; at most 8 fit/,
      RangeError,
    ],
    ...unnamed<[unknown, RegExp, RangeErrorConstructor | TypeErrorConstructor]>([
      { family: "can", ifindex: "not-there" },
      /the ifindex of an address must name/,
      RangeError,
    ]),
    [{ family: "can" }, /ifindex of an address must be the index or the name .* not undefined$/, TypeError],
    [{ family: "can", ifindex: 1, rxId: -1 }, /the rxId of an address/, RangeError],
    [{ family: "alg", type: "x".repeat(14), name: "a" }, /14 bytes long; at most 13 fit/, RangeError],
    [{ family: "alg", type: "hash", name: "a\0b" }, /the name of an address must be ASCII/, TypeError],
    [{ family: "alg", type: "hash", name: "é" }, /the name of an address must be ASCII/, TypeError],
    [{ family: "alg", type: "hash" }, /the name of an address must be a string/, TypeError],
    [{ family: "bluetooth", protocol: "ble" }, /the protocol of an address .* not "ble"/, TypeError],
    [
      { family: "bluetooth", protocol: "sco", address: "00:11" },
      /a Bluetooth address .* not "00:11"/,
      TypeError,
    ],
    [{ family: "tipc", type: "name", scope: 0 }, /the type of an address .* not "name"/, TypeError],
    [{ family: "tipc", type: "socket", ref: 1, node: 2, scope: 128 }, /the scope of an address/, RangeError],
    [{ family: "qipcrtr", node: 1 }, /the port of an address must be a number/, TypeError],
    [{ family: "xdp", ifindex: 1, queueId: 2 ** 32 }, /the queueId of an address/, RangeError],
    [{ family: "vsock", cid: -1, port: 0 }, /the cid of an address/, RangeError],
    [{ family: "vsock", cid: 1 }, /the port of an address must be a number/, TypeError],
    [{ family: "vsock", cid: 1, port: 1, flags: 256 }, /the flags of an address/, RangeError],
    [{ family: "unknown", number: 2, data: [1] }, /not Array/, TypeError],
    [{ family: "unknown", number: 65536, data: new Uint8Array() }, /number of a family/, RangeError],
    [{ family: "unknown", number: 5, data: new Uint8Array(127) }, /at most 126 fit/, RangeError],
  ];
  for (const [address, message, type] of cases) {
    const bad: unknown = address;
    // @ts-expect-error whatever a program without types may pass
    const attempt = () => encode(bad);
    assert.throws(
      attempt,
      (error) => error instanceof type && message.test(error.message),
      JSON.stringify(address),
    );
  }
});

test("a getter that encodes another address meanwhile does not mix the two", () => {
  const into = new ValueResult(new ArrayBuffer(LENGTH_SIZE + 128));
  const other = { family: "unix", path: "x".repeat(100) } as const;
  const address = { family: "ipv6", address: "::1", port: 80, flowlabel: 1, scopeId: 2 } as const;
  for (const field of ["address", "port", "flowlabel", "scopeId"] as const) {
    const get = () => {
      encodeAddress(other, linux, into);
      return address[field];
    };
    const input = Object.defineProperty({ ...address }, field, { get });
    assert.deepEqual(encodeAddress(input, linux, into).valid, encode(address), field);
  }
});

/** A name is looked up by the system's own library. */
function unnamed<Row>(row: Row): readonly Row[] {
  return exceptionHere({ windows: "Linux's library is not there" }) === undefined ? [row] : [];
}
