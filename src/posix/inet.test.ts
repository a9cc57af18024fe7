import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { except } from "../../test/platform.ts";
import { openLibraryOn } from "../native/library.ts";
import { AF } from "./constants.ts";
import { inet_ntop, inet_pton } from "./inet.ts";

const libc = openLibraryOn(["darwin", "freebsd", "linux"], null);
const ptonOfC = libc.func<(family: number, text: Uint8Array, into: Uint8Array) => number>(
  "inet_pton",
  "int",
  ["int", "void*", "void*"],
);
const ntopOfC = libc.func<
  (family: number, from: Uint8Array, into: Uint8Array, size: number) => bigint | null
>("inet_ntop", "void*", ["int", "void*", "void*", "uint"]);

const here = except({ windows: "it compares with the C library" });
const ofGlibc = except({
  windows: "it compares with the C library",
  musl: "musl's inet_ntop() shortens the last of equally long runs of zeros",
});
const sizes = { [AF.INET]: 4, [AF.INET6]: 16 };

/** The result of the C function for a text; undefined if it is not an address. */
function pton(family: number, text: string): Uint8Array | undefined {
  const into = new Uint8Array(sizes[family] ?? 0);
  return ptonOfC(family, Buffer.from(`${text}\0`), into) === 1 ? into : undefined;
}

test("accepts the same texts as inet_pton(3)", here, () => {
  const almost = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.string({ unit: fc.constantFrom(..."0123456789abcdefF:.%x ") }),
    fc.tuple(fc.ipV6(), fc.ipV4()).map((two) => two.join(":")),
    fc.constantFrom("", "1.2.3", "01.2.3.4", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", "::", ":::", "::1.2.3.4"),
    fc.constantFrom(
      "1::2::3",
      "12345::",
      "fe80::1%lo",
      "::ffff:1.2.3.4",
      "::1.2.3",
      "1:2:3:4:5:6:7:8:9",
      "::g",
    ),
  );
  fc.assert(
    fc.property(almost, fc.constantFrom<number>(AF.INET, AF.INET6), (text, family) => {
      assert.deepEqual(inet_pton(family, text), pton(family, text), JSON.stringify(text));
    }),
    { numRuns: 3000 },
  );
});

test(
  "bytes become the text of inet_ntop(3), except those of ::/96, where RFC 5952 has no dots",
  ofGlibc,
  () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    // Mostly zeros, since the longest run of them is compressed.
    const sparse = fc.array(fc.constantFrom(0, 0, 0, 1, 0xff), { minLength: 16, maxLength: 16 });
    const ipv6 = fc.oneof(
      bytes(16),
      sparse.map((each) => Uint8Array.from(each)),
    );
    const any = fc.oneof(
      bytes(4).map((each) => [AF.INET, each] as const),
      ipv6.map((each) => [AF.INET6, each] as const),
    );
    fc.assert(
      fc.property(any, ([family, given]) => {
        const isCompatible = given.byteLength === 16 && given.subarray(0, 12).every((byte) => byte === 0);
        const into = Buffer.alloc(64);
        assert.ok(ntopOfC(family, given, into, into.byteLength));
        const ofC = into.toString("latin1", 0, into.indexOf(0));
        if (!isCompatible) assert.equal(inet_ntop(family, given), ofC);
        assert.deepEqual(inet_pton(family, inet_ntop(family, given)), given);
      }),
      { numRuns: 3000 },
    );
  },
);

test("rejects other families and lengths", () => {
  assert.throws(() => inet_pton(AF.UNIX, "::"), { code: "ERR_INVALID_ARG_VALUE" });
  assert.throws(() => inet_ntop(AF.UNIX, new Uint8Array(4)), { code: "ERR_INVALID_ARG_VALUE" });
  for (const [family, length] of [
    [AF.INET, 16],
    [AF.INET, 0],
    [AF.INET6, 4],
  ] as const) {
    assert.throws(() => inet_ntop(family, new Uint8Array(length)), { code: "ERR_OUT_OF_RANGE" });
  }
});
