import assert from "node:assert/strict";
import { test } from "node:test";
import { assertFails } from "../../test/conformance.ts";
import { except } from "../../test/platform.ts";
import { scripted } from "../../test/scripted/scripted.ts";
import { AF, IPPROTO, SOCK, SOL } from "../posix/constants.ts";
import { getsockopt, tryGetsockopt } from "../posix/getsockopt.ts";
import { setsockopt, trySetsockopt } from "../posix/setsockopt.ts";
import { socket } from "../posix/socket.ts";
import { linux } from "../system/linux/linux.ts";
import { LENGTH_SIZE, ValueResult } from "../system/value-result.ts";
import { rawOption } from "./raw.ts";
import { TCP } from "./tcp.ts";

const TCP_KEEPIDLE = 4;
const TCP_INFO = 11;
const word = (number: number) => new Uint8Array(Int32Array.of(number).buffer);

test(
  "a raw option is set and read as bytes, as many as the kernel returns",
  except({ windows: "Windows has no such option" }),
  () => {
    using client = socket(AF.INET, SOCK.STREAM);
    const keepIdle = rawOption(IPPROTO.TCP, TCP_KEEPIDLE);
    setsockopt(client, keepIdle, word(60));
    assert.deepEqual(getsockopt(client, keepIdle), word(60));
    assert.equal(getsockopt(client, TCP.KEEPIDLE), 60);
    assert.ok(getsockopt(client, rawOption(IPPROTO.TCP, TCP_INFO)).byteLength >= 104);
    assert.equal(getsockopt(client, rawOption(IPPROTO.TCP, TCP_INFO, 1)).byteLength, 1);
    assert.equal(getsockopt(client, rawOption(IPPROTO.TCP, TCP_INFO, 0)).byteLength, 0);
    assertFails(tryGetsockopt(client, rawOption(IPPROTO.TCP, 9999)), "OptionNotSupported", "ENOPROTOOPT");
    assertFails(trySetsockopt(client, keepIdle, new Uint8Array(3)), "InvalidArgument", "EINVAL");
  },
);

test("SOL.SOCKET is the level of SO's options", except({ windows: "Windows has no such option" }), () => {
  using client = socket(AF.INET, SOCK.STREAM);
  const SO_TYPE = 3;
  assert.deepEqual(getsockopt(client, rawOption(SOL.SOCKET, SO_TYPE)), word(SOCK.STREAM));
});

test(
  "a value read is a copy, and a value set is copied before the call",
  except({ windows: "Windows has no such option" }),
  () => {
    using client = socket(AF.INET, SOCK.STREAM);
    const keepIdle = rawOption(IPPROTO.TCP, TCP_KEEPIDLE);
    const value = word(60);
    setsockopt(client, keepIdle, value);
    const read = getsockopt(client, keepIdle);
    setsockopt(client, keepIdle, word(61));
    assert.deepEqual([value, read], [word(60), word(60)]);
    // A view of shared memory is accepted, since it is copied.
    const shared = new Uint8Array(new SharedArrayBuffer(4));
    shared[0] = 62;
    setsockopt(client, keepIdle, shared);
    assert.deepEqual(getsockopt(client, keepIdle), word(62));
  },
);

test("the kernel reads zeros if it reads before it answers", () => {
  const system = scripted({
    getsockopt: [
      (_fd: number, _level: number, _name: number, value: ValueResult) => {
        assert.ok(value.valid.every((byte) => byte === 0));
        value.bytes.fill(0xff);
        value.length = 2;
        return 0;
      },
    ],
  });
  using client = socket(AF.INET, SOCK.STREAM, 0, { system });
  for (const _ of [1, 2]) assert.deepEqual(getsockopt(client, rawOption(0, 41, 64)), Uint8Array.of(255, 255));
});

test("an option that carries a pointer is rejected before any system call, for reading and for setting", () => {
  const { pointerOptions, options } = linux;
  const named = ["SO_ATTACH_FILTER", "SO_ATTACH_REUSEPORT_CBPF", "SO_GET_FILTER", "TCP_ZEROCOPY_RECEIVE"];
  for (const name of named) {
    assert.ok(
      pointerOptions.some((option) => JSON.stringify(option) === JSON.stringify(options[name])),
      name,
    );
  }
  const system = scripted({});
  using client = socket(AF.INET, SOCK.STREAM, 0, { system });
  const before = system.calls.length;
  for (const { level, number } of pointerOptions) {
    const raw = rawOption(level, number);
    const expected = { name: "TypeError", message: /carries a pointer/ };
    assert.throws(() => getsockopt(client, raw), expected);
    assert.throws(() => setsockopt(client, raw, new Uint8Array(16)), expected);
  }
  assert.equal(system.calls.length, before);
});

test("rejects bad numbers, sizes and values", () => {
  // @ts-expect-error a level is a number
  assert.throws(() => rawOption("TCP", 1), TypeError);
  assert.throws(() => rawOption(6, 0.5), RangeError);
  assert.throws(() => rawOption(6, 1, -1), RangeError);
  assert.throws(() => rawOption(6, 1, 16385), RangeError);
  const raw = rawOption(IPPROTO.TCP, TCP_KEEPIDLE);
  using client = socket(AF.INET, SOCK.STREAM);
  // @ts-expect-error bytes only
  assert.throws(() => setsockopt(client, raw, 60), TypeError);
  assert.throws(() => setsockopt(client, raw, new Uint8Array(16385)), RangeError);
});

test(
  "the longest value fits, and is read into private memory",
  except({ windows: "Windows has no such option" }),
  () => {
    using client = socket(AF.INET, SOCK.STREAM);
    const value = new Uint8Array(16_384);
    value.set(word(60));
    setsockopt(client, rawOption(IPPROTO.TCP, TCP_KEEPIDLE), value);
    assert.equal(getsockopt(client, TCP.KEEPIDLE), 60);
    assert.equal(getsockopt(client, rawOption(IPPROTO.TCP, TCP_KEEPIDLE, 16_384)).byteLength, 4);
  },
);

test(
  "the length passed to the kernel never exceeds the buffer, whatever size an option requests",
  except({ windows: "it looks at Linux's libc" }),
  () => {
    using client = socket(AF.INET, SOCK.STREAM);
    const buffer = new ValueResult(new ArrayBuffer(LENGTH_SIZE + 32));
    buffer.length = 280;
    assert.equal(linux.getsockopt(client.fd, IPPROTO.TCP, TCP_INFO, buffer), 0);
    assert.equal(buffer.length, 32);
  },
);
