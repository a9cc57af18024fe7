import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import fc from "fast-check";
import { decodeAddress } from "../address/sockaddr.ts";
import { linux } from "../system/linux/linux.ts";
import { ValueResult } from "../system/value-result.ts";
import {
  act,
  bytes,
  type Codec,
  descriptor,
  flag,
  int,
  intBetween,
  name,
  rate,
  uint,
  uint64,
} from "./codecs.ts";
import type { ReadCodec, WriteCodec } from "./option.ts";
import { pendingError } from "./pending-error.ts";
import { credentials, groups } from "./structures/credentials.ts";
import { dmabufTokens } from "./structures/dmabuf-tokens.ts";
import { linger } from "./structures/linger.ts";
import { memoryInfo } from "./structures/meminfo.ts";
import { fastOpenKeys } from "./structures/tcp-fastopen-key.ts";
import { tcpMd5SignatureExtended } from "./structures/tcp-md5sig.ts";
import { tcpRepairOptions, tcpRepairWindow } from "./structures/tcp-repair.ts";
import { milliseconds } from "./structures/timeval.ts";
import { transmitTime } from "./structures/txtime.ts";

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const positive = fc.integer({ min: 0, max: 0x7fffffff });
const i32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });

/** Plain objects, with a prototype. */
const plain = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(fields, { noNullPrototype: true });

/** Memory that still contains another option's bytes. */
function used(): ValueResult {
  const value = new ValueResult(new ArrayBuffer(16_384 + 16));
  value.bytes.fill(0xa5);
  return value;
}

function encoded<Value>(codec: WriteCodec<Value>, value: Value): ValueResult {
  const into = used();
  codec.encode(value, into, linux);
  return into;
}

function decoded<Value>(codec: ReadCodec<Value>, content: Uint8Array): Value {
  const from = used();
  from.bytes.set(content);
  from.length = content.byteLength;
  return codec.decode(from, linux);
}

/** decode(encode(v)) is v for every value of the range, and reads no further than the value. */
function inverse<Value>(what: string, codec: Codec<Value>, values: fc.Arbitrary<Value>): void {
  test(`${what}: decoding an encoded value returns it`, () => {
    fc.assert(
      fc.property(values, (value) => {
        const into = encoded(codec, value);
        assert.ok(into.length <= codec.size);
        assert.deepEqual(codec.decode(into, linux), value);
      }),
    );
  });
}

/** Each bad value throws, and the message says what was expected. */
function refuses(what: string, codec: WriteCodec<never>, bad: readonly [unknown, ErrorConstructor][]): void {
  test(`${what}: rejects bad values`, () => {
    for (const [value, type] of bad) {
      // An untyped program may pass any value.
      assert.throws(() => Reflect.apply(codec.encode, codec, [value, used(), linux]), type, inspect(value));
    }
  });
}

type ErrorConstructor = typeof TypeError | typeof RangeError;
const notNumbers: [unknown, ErrorConstructor][] = [null, undefined, "1", 1n, true, {}, []].map((value) => [
  value,
  TypeError,
]);
const notIntegers: [unknown, ErrorConstructor][] = [0.5, Number.NaN, Number.NEGATIVE_INFINITY].map(
  (value) => [value, RangeError],
);
const notObjects: [unknown, ErrorConstructor][] = [null, undefined, 1, "text", true].map((value) => [
  value,
  TypeError,
]);

inverse("flag", flag, fc.boolean());
inverse("int", int, i32);
inverse("uint", uint, u32);
inverse("descriptor", descriptor, positive);
inverse("intBetween", intBetween(-1, 127), fc.integer({ min: -1, max: 127 }));
inverse(
  "rate",
  rate,
  fc.oneof(fc.maxSafeNat(), fc.constant(Number.MAX_SAFE_INTEGER), fc.constant(Number.POSITIVE_INFINITY)),
);
const nameOf15 = fc
  .string({ unit: "grapheme", maxLength: 15 })
  .filter((text) => !text.includes("\0") && Buffer.byteLength(text) <= 15);
inverse("name", name(15), nameOf15);
inverse("bytes", bytes(64), fc.uint8Array({ maxLength: 64 }));
inverse("linger", linger, plain({ on: fc.boolean(), seconds: positive }));
inverse("transmitTime", transmitTime, plain({ clockid: i32, flags: u32 }));
inverse(
  "tcpRepairWindow",
  tcpRepairWindow,
  plain({ snd_wl1: u32, snd_wnd: u32, max_window: u32, rcv_wnd: u32, rcv_wup: u32 }),
);
inverse(
  "fastOpenKeys",
  fastOpenKeys,
  fc.oneof(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.uint8Array({ minLength: 32, maxLength: 32 })),
);
inverse(
  "milliseconds",
  milliseconds,
  fc.integer({ min: 0, max: 2 ** 51 }).map((microseconds) => microseconds / 1000),
);

test("milliseconds: rounded to microseconds, but never down to 0, no timeout", () => {
  const largest = 2 ** 51 / 1000;
  fc.assert(
    fc.property(fc.double({ min: 0, max: largest, noNaN: true }), (value) => {
      const back = milliseconds.decode(encoded(milliseconds, value), linux);
      assert.equal(back === 0, value === 0);
      // Half a microsecond, and floating-point error.
      if (value >= 0.0005)
        assert.ok(Math.abs(back - value) <= 0.0005 + value * 2 ** -51, `${value}: ${back}`);
      else assert.ok(value === 0 || back === 0.001);
    }),
  );
  const { view } = encoded(milliseconds, 1500.25);
  assert.deepEqual([view.getBigInt64(0, true), view.getBigInt64(8, true)], [1n, 500_250n]);
});

refuses("flag", flag, [...notNumbers.filter(([value]) => value !== true), [1, TypeError]]);
for (const [what, codec] of Object.entries({ int, uint, descriptor, rate, milliseconds })) {
  const tooBig: [unknown, ErrorConstructor][] = [2 ** 64, -(2 ** 64)].map((value) => [value, RangeError]);
  const fractions = what === "milliseconds" ? notIntegers.slice(1) : notIntegers;
  refuses(what, codec, [...notNumbers, ...fractions, ...tooBig]);
}
refuses("uint", uint, [
  [-1, RangeError],
  [2 ** 32, RangeError],
]);
refuses("int", int, [
  [2 ** 31, RangeError],
  [-(2 ** 31) - 1, RangeError],
]);
refuses("milliseconds", milliseconds, [
  [-0.001, RangeError],
  [Number.POSITIVE_INFINITY, RangeError],
]);
refuses("act", act, [
  [false, TypeError],
  [undefined, TypeError],
  [1, TypeError],
]);
refuses("name", name(15), [
  [null, TypeError],
  [new Uint8Array(1), TypeError],
  ["\ud800", TypeError],
  ["lo\0", TypeError],
  ["sixteen letters!", RangeError],
  ["éééééééé", RangeError],
]);
refuses("bytes", bytes(4), [
  ["text", TypeError],
  [new ArrayBuffer(4), TypeError],
  [new Uint16Array(1), TypeError],
  [new Uint8Array(5), RangeError],
  [transferred(), TypeError],
]);
refuses("linger", linger, [
  ...notObjects,
  [{ on: 1, seconds: 0 }, TypeError],
  [{ on: true }, TypeError],
  [{ on: true, seconds: -1 }, RangeError],
]);
refuses("transmitTime", transmitTime, [
  ...notObjects,
  [{ clockid: 1 }, TypeError],
  [{ clockid: 1, flags: -1 }, RangeError],
]);
refuses("tcpRepairWindow", tcpRepairWindow, [...notObjects, [{ snd_wl1: 0 }, TypeError]]);
refuses("fastOpenKeys", fastOpenKeys, [
  [new Uint8Array(0), RangeError],
  [new Uint8Array(17), RangeError],
  [new Uint8Array(33), RangeError],
  ["sixteen letters!", TypeError],
]);
refuses("tcpRepairOptions", tcpRepairOptions, [
  ...notObjects,
  [{}, TypeError],
  [[1], TypeError],
  [[{ code: 1 }], TypeError],
  [new Array(17).fill({ code: 0, value: 0 }), RangeError],
]);
refuses("dmabufTokens", dmabufTokens, [
  ...notObjects,
  [[], RangeError],
  [[{ start: 0 }], TypeError],
  [[{ start: -1, count: 1 }], RangeError],
  [new Array(129).fill({ start: 0, count: 1 }), RangeError],
]);
const localhost = { family: "ipv4", address: "127.0.0.1", port: 0 };
refuses("tcpMd5Signature", tcpMd5SignatureExtended, [
  ...notObjects,
  [{ address: localhost }, TypeError],
  [{ address: "127.0.0.1", key: new Uint8Array(1) }, TypeError],
  [{ address: localhost, key: new Uint8Array(81) }, RangeError],
  [{ address: localhost, key: new Uint8Array(1), prefixLength: 129 }, RangeError],
  [{ address: localhost, key: new Uint8Array(1), interface: -1 }, RangeError],
]);

test("arrays of pairs are laid out as two times __u32 each", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(u32, u32), { minLength: 1, maxLength: 16 }), (pairs) => {
      const expected = pairs.flat();
      const options = encoded(
        tcpRepairOptions,
        pairs.map(([code, value]) => ({ code, value })),
      );
      const tokens = encoded(
        dmabufTokens,
        pairs.map(([start, count]) => ({ start, count })),
      );
      for (const { length, ints } of [options, tokens]) {
        assert.equal(length, expected.length * 4);
        assert.deepEqual(
          [...ints.subarray(0, expected.length)].map((number) => number >>> 0),
          expected,
        );
      }
    }),
  );
});

test("struct tcp_md5sig: address, flags, prefix, length, interface, key, and zeros elsewhere", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 80 }),
      fc.option(fc.integer({ min: 0, max: 128 }), { nil: undefined }),
      fc.option(positive, { nil: undefined }),
      (key, prefixLength, index) => {
        const value = encoded(tcpMd5SignatureExtended, {
          address: { family: "ipv6", address: "2001:db8::1", port: 0 },
          key,
          ...(prefixLength === undefined ? {} : { prefixLength }),
          ...(index === undefined ? {} : { interface: index }),
        });
        const { view, bytes: content } = value;
        assert.equal(value.length, 216);
        assert.equal(
          view.getUint8(128),
          (prefixLength === undefined ? 0 : 1) | (index === undefined ? 0 : 2),
        );
        assert.equal(view.getUint8(129), prefixLength ?? 0);
        assert.equal(view.getUint16(130, true), key.byteLength);
        assert.equal(view.getInt32(132, true), index ?? 0);
        assert.deepEqual(content.slice(136, 136 + key.byteLength), key);
        assert.ok(content.subarray(136 + key.byteLength, 216).every((byte) => byte === 0));
        assert.ok(content.subarray(28, 128).every((byte) => byte === 0));
        value.length = 28;
        const { family, ...rest } = decodeAddress(linux, value);
        assert.deepEqual([family, "address" in rest && rest.address], ["ipv6", "2001:db8::1"]);
      },
    ),
  );
});

test("read-only options are decoded from the right offsets", () => {
  const words = (...numbers: number[]) => new Uint8Array(Uint32Array.from(numbers).buffer);
  const gids = [0, 4294967295, 1000];
  assert.deepEqual(decoded(credentials, words(7, 4294967295, 65534)), {
    pid: 7,
    uid: 4294967295,
    gid: 65534,
  });
  assert.deepEqual(decoded(groups, words(...gids)), gids);
  assert.deepEqual(decoded(groups, words()), []);
  assert.deepEqual(
    Object.values(decoded(memoryInfo, words(1, 2, 3, 4, 5, 6, 7, 8, 9))),
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  assert.equal(decoded(uint64, words(1, 0xffffffff)), 0xffffffff00000001n);
  assert.equal(decoded(name(15), Uint8Array.from(Buffer.from("reno"))), "reno", "without a NUL");
  assert.equal(decoded(name(15), Uint8Array.from(Buffer.from("lo\0rest"))), "lo");
  assert.equal(decoded(name(15), words()), "");
});

test("a pending errno is a SocketError, even an undocumented one", () => {
  const words = (number: number) => new Uint8Array(Int32Array.of(number).buffer);
  assert.equal(decoded(pendingError, words(0)), null);
  for (const [code, expected] of [
    ["ECONNRESET", "ConnectionResetByPeer"],
    ["EHOSTUNREACH", "HostUnreachable"],
    ["ENONET", "HostUnreachable"],
    ["EXFULL", "Unexpected"],
  ] as const) {
    const error = decoded(pendingError, words(linux.errnos[code] ?? 0));
    assert.deepEqual([error?.name, error?.code, error?.syscall], [expected, code, "SO_ERROR"]);
  }
});

function transferred(): Uint8Array {
  const memory = new Uint8Array(4);
  structuredClone(memory.buffer, { transfer: [memory.buffer] });
  return memory;
}
