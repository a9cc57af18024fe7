import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatIpv6 } from "../../address/ip.ts";
import { parseProxyHeader } from "./parse-proxy-header.ts";
import type { ProxiedAddress, Tlv } from "./proxy-header.ts";
import { encodeV1 } from "./version-1.ts";
import { encodeLocalV2, encodeV2 } from "./version-2.ts";

const port = fc.integer({ min: 0, max: 0xffff });
const byte = fc.integer({ min: 0, max: 255 });
const ipv4: fc.Arbitrary<ProxiedAddress> = fc
  .tuple(fc.tuple(byte, byte, byte, byte), port)
  .map(([bytes, its]) => ({ family: "ipv4", address: bytes.join("."), port: its }));
const ipv6: fc.Arbitrary<ProxiedAddress> = fc
  .tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), port)
  .map(([bytes, its]) => ({
    family: "ipv6",
    address: formatIpv6(bytes),
    port: its,
    flowlabel: 0,
    scopeId: 0,
  }));
const unix: fc.Arbitrary<ProxiedAddress> = fc
  .tuple(fc.constantFrom("", "\0"), fc.stringMatching(/^[a-z/]{1,107}$/))
  .map(([first, path]) => ({ family: "unix", path: `${first}${path}`.slice(0, 107) }));
const pair = (of: fc.Arbitrary<ProxiedAddress>) => fc.tuple(of, of);
const internetPair = fc.oneof(pair(ipv4), pair(ipv6));
/** Without checksums (type 3), which would be wrong. */
const tlvs: fc.Arbitrary<Tlv[]> = fc.array(
  fc.record(
    { type: byte.filter((type) => type !== 3), value: fc.uint8Array({ maxLength: 300 }) },
    { noNullPrototype: true },
  ),
  { maxLength: 4 },
);

function parsed(bytes: Uint8Array) {
  const result = parseProxyHeader(bytes);
  assert.equal(result.kind, "header", JSON.stringify(result));
  assert.ok(result.kind === "header");
  return result;
}

/** A header parses the same with bytes after it, and in every split. */
function parsesInPieces(bytes: Uint8Array): void {
  const whole = parsed(bytes);
  assert.equal(whole.length, bytes.length);
  assert.deepEqual(parsed(Buffer.concat([bytes, Buffer.from("GET /")])), whole);
  for (let length = 0; length < bytes.length; length++)
    assert.equal(parseProxyHeader(bytes.subarray(0, length)).kind, "incomplete", `${length} bytes`);
}

test("version 1: parses what it encodes, also in pieces", () => {
  fc.assert(
    fc.property(internetPair, ([source, destination]) => {
      const bytes = encodeV1(source, destination);
      assert.ok(bytes.length <= 107);
      parsesInPieces(bytes);
      const { header } = parsed(bytes);
      assert.deepEqual(header, { version: 1, command: "proxy", source, destination, tlvs: [] });
    }),
  );
});

test("version 2: parses what it encodes, also in pieces", () => {
  fc.assert(
    fc.property(fc.oneof(internetPair, pair(unix)), tlvs, ([source, destination], values) => {
      const bytes = encodeV2(source, destination, values);
      parsesInPieces(bytes);
      const { header } = parsed(bytes);
      assert.deepEqual(header, { version: 2, command: "proxy", source, destination, tlvs: values });
    }),
  );
});

test("omits addresses that cannot be represented", () => {
  const four: ProxiedAddress = { family: "ipv4", address: "192.0.2.1", port: 1 };
  const path: ProxiedAddress = { family: "unix", path: "/a" };
  for (const [source, destination] of [
    [four, path],
    [path, four],
    [undefined, four],
  ] as const) {
    assert.equal(`${Buffer.from(encodeV1(source, destination))}`, "PROXY UNKNOWN\r\n");
    const { header } = parsed(encodeV2(source, destination));
    assert.deepEqual([header.source, header.destination], [undefined, undefined]);
  }
  assert.equal(`${Buffer.from(encodeV1(path, path))}`, "PROXY UNKNOWN\r\n");
  assert.equal(parsed(encodeLocalV2()).header.command, "local");
});

test("the examples of the specification", () => {
  const line = "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n";
  const { header, length } = parsed(Buffer.from(`${line}GET / HTTP/1.1\r\n`));
  assert.equal(length, line.length);
  assert.deepEqual(header.source, { family: "ipv4", address: "192.168.0.1", port: 56324 });
  assert.deepEqual(header.destination, { family: "ipv4", address: "192.168.0.11", port: 443 });
  const longest = `PROXY TCP6 ${"ffff:".repeat(7)}ffff ${"ffff:".repeat(7)}ffff 65535 65535\r\n`;
  assert.equal(longest.length, 104);
  parsesInPieces(Buffer.from(longest));
  const unknown = `PROXY UNKNOWN ${"ffff:".repeat(7)}ffff ${"ffff:".repeat(7)}ffff 65535 65535\r\n`;
  assert.equal(unknown.length, 107);
  assert.equal(parsed(Buffer.from(unknown)).header.source, undefined);
});

const signature = "0d0a0d0a000d0a515549540a";
const invalid: Readonly<Record<string, Uint8Array>> = {
  "no header": Buffer.from("GET / HTTP/1.1\r\n"),
  "a line of another case": Buffer.from("proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n"),
  "a longer line": Buffer.from(`PROXY UNKNOWN ${"x".repeat(94)}\r\n`),
  "a line without an end": Buffer.alloc(107, "PROXY TCP4 "),
  "another protocol": Buffer.from("PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n"),
  "an address of the other family": Buffer.from("PROXY TCP4 ::1 ::1 1 2\r\n"),
  "an address with a zone": Buffer.from("PROXY TCP6 fe80::1%1 ::1 1 2\r\n"),
  "a port above 65535": Buffer.from("PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n"),
  "a port with a zero before it": Buffer.from("PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n"),
  "too few words": Buffer.from("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n"),
  "too many words": Buffer.from("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n"),
  "two blanks": Buffer.from("PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n"),
  "version 3": Buffer.from(`${signature}31110000`, "hex"),
  "an unknown command": Buffer.from(`${signature}22110000`, "hex"),
  "addresses cut off": Buffer.from(`${signature}2111000b${"00".repeat(11)}`, "hex"),
  "an unknown family": Buffer.from(`${signature}2141000c${"00".repeat(12)}`, "hex"),
  "an unknown protocol": Buffer.from(`${signature}2113000c${"00".repeat(12)}`, "hex"),
  "a checksum that is wrong": Buffer.from(`${signature}21110013${"00".repeat(12)}03000400000000`, "hex"),
  "a checksum of another length": Buffer.from(`${signature}21110011${"00".repeat(12)}0300023b3b`, "hex"),
  "a value cut off": Buffer.from(`${signature}2111000f${"00".repeat(12)}010001`, "hex"),
};

for (const [what, bytes] of Object.entries(invalid))
  test(`${what} is invalid`, () => assert.equal(parseProxyHeader(bytes).kind, "invalid"));

test("a correct checksum, before and after another value", () => {
  // Made with another program, from the CRC that has 8a9136aa of 32 zeros (RFC 3720, B.4).
  for (const rest of [
    "21110018cb0071070a00000130390050030004795e2cc70100026832",
    "21110018cb0071070a000001303900500100026832030004d05623ed",
  ]) {
    const { header } = parsed(Buffer.from(signature + rest, "hex"));
    assert.deepEqual(header.source, { family: "ipv4", address: "203.0.113.7", port: 12345 });
    assert.equal(header.tlvs.length, 2);
  }
});

test("LOCAL and families other than streams have no client", () => {
  for (const hex of [`20110003aabbcc`, `2112000c${"00".repeat(12)}`, `21000002aabb`, `20ff0000`]) {
    const { header } = parsed(Buffer.from(signature + hex, "hex"));
    assert.deepEqual([header.source, header.destination, header.tlvs], [undefined, undefined, []]);
  }
});

test("any bytes are a header, its beginning, or neither, and more bytes never turn non-headers into headers", () => {
  const start = fc.constantFrom(
    "",
    "PROXY ",
    "PROXY TCP4 ",
    Buffer.from(signature, "hex").toString("latin1"),
  );
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 300 }), (first, rest) => {
      const bytes = Buffer.concat([Buffer.from(first, "latin1"), rest]);
      const whole = parseProxyHeader(bytes);
      let before: string = "incomplete";
      for (let length = 0; length <= bytes.length; length++) {
        const { kind } = parseProxyHeader(bytes.subarray(0, length));
        if (before !== "incomplete") assert.equal(kind, before, `${length} bytes`);
        before = kind;
      }
      assert.equal(before, whole.kind);
    }),
  );
});
