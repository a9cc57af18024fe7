import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { conformance, type ScriptedRow } from "../../test/conformance.ts";
import { loopback } from "../../test/fixture.ts";
import { bind } from "./bind.ts";
import type { SocketLike } from "./borrow.ts";
import { AF, MSG, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { recv } from "./recv.ts";
import { recvfrom } from "./recvfrom.ts";
import { send } from "./send.ts";
import { sendto } from "./sendto.ts";
import { socket } from "./socket.ts";

/** WebAssembly.Memory, whose types the compiler has only in its DOM library. */
interface WebAssemblyMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): void;
}
type MemoryDescriptor = { initial: number; maximum?: number; shared?: boolean };
const WebAssembly: { Memory: new (descriptor: MemoryDescriptor) => WebAssemblyMemory } = Reflect.get(
  globalThis,
  "WebAssembly",
);

const hello = Buffer.from("hello");
const address = { ...loopback, port: 9 };

test("rejects a string to send, and says how to send it", () => {
  using client = socket(AF.INET, SOCK.DGRAM);
  const error = new TypeError("data must be a Uint8Array, not a string: use Buffer.from(text)");
  // @ts-expect-error a string is no Uint8Array
  assert.throws(() => send(client, "hello"), error);
  // @ts-expect-error a string is no Uint8Array
  assert.throws(() => sendto(client, "hello", 0, address), error);
});

/** The calls that take bytes, and the name of that argument in their messages. */
const transfers = [
  { what: "data", call: (socket: SocketLike, bytes: Uint8Array) => send(socket, bytes) },
  { what: "data", call: (socket: SocketLike, bytes: Uint8Array) => sendto(socket, bytes, 0, address) },
  { what: "buffer", call: (socket: SocketLike, bytes: Uint8Array) => recv(socket, bytes) },
  { what: "buffer", call: (socket: SocketLike, bytes: Uint8Array) => recvfrom(socket, bytes) },
];

/**
 * A row: every call rejects such a value before any system call, naming the argument and the
 * reason.
 */
function refused(clause: string, error: ErrorConstructor, why: RegExp, make: () => unknown): ScriptedRow {
  return {
    clause: `${clause} is refused before any call`,
    source: "berkeley",
    script: {},
    play(system) {
      using client = socket(AF.INET, SOCK.DGRAM, 0, { system });
      for (const { call, what } of transfers) {
        assert.throws(
          // @ts-expect-error not a Uint8Array to the compiler
          () => call(client, make()),
          (thrown: unknown) => {
            assert.ok(thrown instanceof error, `${thrown}`);
            assert.ok(thrown.message.startsWith(`${what} `), thrown.message);
            assert.match(thrown.message, why);
            return true;
          },
        );
      }
      assert.ok(!system.calls.some((call) => /^(send|recv)/.test(call)));
    },
  };
}

/** A view of 8 bytes in the middle of 64. */
function middle(memory = new ArrayBuffer(64)): Uint8Array {
  return new Uint8Array(memory, 24, 8);
}

conformance("buffers", [
  refused("a SharedArrayBuffer", TypeError, /shared memory/, () => new Uint8Array(new SharedArrayBuffer(8))),
  refused("an empty SharedArrayBuffer", TypeError, /shared/, () => new Uint8Array(new SharedArrayBuffer(0))),
  refused("a growable SharedArrayBuffer", TypeError, /shared memory/, () => {
    // The compiler's library does not declare growable ones yet.
    return new Uint8Array(Reflect.construct(SharedArrayBuffer, [8, { maxByteLength: 16 }]));
  }),
  refused("shared WebAssembly memory", TypeError, /shared memory/, () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    return new Uint8Array(memory.buffer, 0, 8);
  }),
  refused("a resizable ArrayBuffer", TypeError, /resizable/, () => {
    return new Uint8Array(new ArrayBuffer(8, { maxByteLength: 16 }), 0, 8);
  }),
  refused("a view that tracks the length of a resizable one", TypeError, /resizable/, () => {
    return new Uint8Array(new ArrayBuffer(8, { maxByteLength: 16 }));
  }),
  refused("a view that a resizable buffer has shrunk away from", TypeError, /resizable/, () => {
    const memory = new ArrayBuffer(16, { maxByteLength: 16 });
    const view = new Uint8Array(memory, 8, 8);
    memory.resize(4);
    return view;
  }),
  refused("a detached view", TypeError, /detached/, () => {
    const view = new Uint8Array(8);
    structuredClone(view.buffer, { transfer: [view.buffer] });
    return view;
  }),
  refused("a view of WebAssembly memory that has grown", TypeError, /detached/, () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const view = new Uint8Array(memory.buffer, 8, 8);
    memory.grow(1);
    return view;
  }),
  ...Object.entries<unknown>({
    undefined: undefined,
    null: null,
    "a string": "hello",
    "a number": 5,
    "a bigint": 5n,
    "an array": [1, 2, 3],
    "an object": {},
    "an object with a buffer": { byteLength: 8, buffer: new ArrayBuffer(8) },
    "an object with the methods of a Uint8Array": Object.create(Uint8Array.prototype),
    "a Proxy": new Proxy(new Uint8Array(8), {}),
    "an ArrayBuffer": new ArrayBuffer(8),
    "a DataView": new DataView(new ArrayBuffer(8)),
    "an Int8Array": new Int8Array(8),
    "a Uint8ClampedArray": new Uint8ClampedArray(8),
    "an Int32Array": new Int32Array(8),
    "a BigUint64Array": new BigUint64Array(8),
    "a function": () => new Uint8Array(8),
  }).map(([name, value]) => refused(name, TypeError, /must be a Uint8Array, not /, () => value)),
  {
    clause: "more than 2147483647 bytes are rejected before any system call; 2147483647 are not",
    source: "berkeley; MAX_RW_COUNT in linux/fs.h",
    script: {},
    play(system) {
      using client = socket(AF.INET, SOCK.DGRAM, 0, { system });
      const memory = gigabytes();
      if (memory === undefined) return;
      for (const { call, what } of transfers) {
        assert.throws(
          () => call(client, memory),
          (thrown: unknown) =>
            thrown instanceof RangeError && thrown.message.startsWith(`${what} is 2147483648 `),
        );
        call(client, memory.subarray(1));
      }
    },
  },
  {
    clause: "the kernel takes as much as it takes of 2147483647 bytes",
    source: "send(2), NOTES",
    except: { windows: "Winsock takes all of it, or waits" },
    run(fixture) {
      const memory = gigabytes();
      if (memory === undefined) {
        fixture.skip("there is no memory for it");
        return;
      }
      const [left, right] = fixture.pair(SOCK.STREAM, { nonblocking: true });
      const most = memory.subarray(0, 2 ** 31 - 1);
      const sent = send(left, most);
      assert.ok(sent > 0);
      assert.ok(recv(right, most) > 0);
    },
  },
  {
    clause: "recv writes into the view, and not a byte beside it",
    source: "berkeley",
    run(fixture) {
      const [left, right] = fixture.pair();
      for (const receive of [recv, (...args: Parameters<typeof recv>) => recvfrom(...args).bytes]) {
        for (const view of [
          middle(),
          Buffer.from(new ArrayBuffer(64), 24, 8),
          Buffer.alloc(64).subarray(24, 32),
          new Uint8Array(new ArrayBuffer(64), 56),
          new Uint8Array(new ArrayBuffer(64), 0, 8),
          new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer, 24, 8),
        ]) {
          const { buffer, byteOffset } = view;
          const all = new Uint8Array(buffer).fill(0xee);
          send(left, Buffer.from("0123456789abcdef"));
          assert.equal(receive(right, view), 8);
          assert.equal(Buffer.from(view).toString(), "01234567");
          const beside = [...all.subarray(0, byteOffset), ...all.subarray(byteOffset + 8)];
          assert.ok(
            beside.every((byte) => byte === 0xee),
            `at ${byteOffset}`,
          );
          assert.equal(receive(right, view), 8);
        }
      }
    },
  },
  {
    clause: "recv leaves what lies beside a Buffer in Node's pool as it was",
    except: { bun: "Bun's Buffers have no pool" },
    source: "berkeley",
    run(fixture) {
      const [left, right] = fixture.pair();
      const [before, view, after] = [
        Buffer.from("12345678"),
        Buffer.from("--------"),
        Buffer.from("abcdefgh"),
      ];
      assert.ok(view.byteOffset > 0 && view.buffer === before.buffer && view.buffer === after.buffer);
      send(left, new Uint8Array(64));
      assert.equal(recv(right, view), 8);
      assert.deepEqual(
        [before.toString(), view.toString("hex"), after.toString()],
        ["12345678", "0".repeat(16), "abcdefgh"],
      );
    },
  },
  {
    clause: "send reads the view, and not a byte beside it",
    source: "berkeley",
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left, right] = fixture.pair(SOCK.DGRAM);
      const memory = Buffer.from("abcdefghijklmnopqrstuvwxyz");
      const all = new Uint8Array(memory);
      for (const [from, to] of [
        [0, 26],
        [3, 9],
        [25, 26],
        [26, 26],
        [0, 0],
      ] as const) {
        for (const view of [
          all.subarray(from, to),
          memory.subarray(from, to),
          new Uint8Array(all.buffer, from, to - from),
        ]) {
          const received = Buffer.alloc(64);
          assert.equal(send(left, view), to - from);
          assert.equal(recv(right, received), to - from);
          assert.equal(received.toString("latin1", 0, to - from), memory.toString("latin1", from, to));
        }
      }
      const udp = fixture.udp();
      bind(udp, loopback);
      sendto(udp, all.subarray(4, 7), 0, getsockname(udp));
      const received = Buffer.alloc(8);
      assert.equal(recv(udp, received), 3);
      assert.equal(received.toString("latin1", 0, 3), "efg");
    },
  },
  {
    clause: "a view whose properties lie is taken for what it is: the kernel never writes past its memory",
    source: "berkeley",
    except: { windows: "Windows has no MSG_DONTWAIT" },
    run(fixture) {
      const [left, right] = fixture.pair(SOCK.STREAM, { nonblocking: true });
      const lies: PropertyDescriptorMap[] = [
        { byteLength: { value: 64 } },
        { length: { value: 64 } },
        { byteOffset: { value: 0 } },
        { buffer: { value: new ArrayBuffer(64) } },
      ];
      for (const lie of lies) {
        const memory = new ArrayBuffer(64);
        const view = Object.defineProperties(middle(memory), lie);
        send(left, new Uint8Array(40).fill(1));
        assert.equal(recv(right, view), 8);
        assert.deepEqual(
          [...new Uint8Array(memory)],
          [...Array(24).fill(0), ...Array(8).fill(1), ...Array(32).fill(0)],
        );
        assert.equal(recvfrom(right, view).bytes, 8);
        assert.equal(recv(right, new Uint8Array(64)), 24);
        assert.equal(send(left, view), 8);
        assert.equal(recv(right, new Uint8Array(64), MSG.DONTWAIT), 8);
      }
      class Long extends Uint8Array {
        override get byteLength(): number {
          return 1 << 20;
        }
      }
      send(left, new Uint8Array(40));
      assert.equal(recv(right, new Long(8)), 8);
    },
  },
  {
    clause: "shared and resizable memory is refused even if its properties lie",
    source: "berkeley",
    script: {},
    play(system) {
      using client = socket(AF.INET, SOCK.DGRAM, 0, { system });
      const shared = new Uint8Array(new SharedArrayBuffer(8));
      Object.defineProperty(shared, "buffer", { value: new ArrayBuffer(8) });
      const resizable = new ArrayBuffer(8, { maxByteLength: 16 });
      Object.defineProperty(resizable, "resizable", { value: false });
      for (const { call } of transfers) {
        assert.throws(() => call(client, shared), /shared memory/);
        assert.throws(() => call(client, new Uint8Array(resizable)), /resizable/);
      }
    },
  },
  {
    clause: "a Uint8Array of another realm, of WebAssembly memory, and an empty one are taken",
    source: "berkeley",
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left, right] = fixture.pair(SOCK.DGRAM);
      const foreign: Uint8Array = runInNewContext("new Uint8Array(16)");
      assert.ok(!(foreign instanceof Uint8Array));
      const wasm = new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer, 1000, 16);
      for (const view of [foreign, wasm]) {
        send(left, hello);
        assert.equal(recv(right, view), 5);
        assert.equal(Buffer.from(view.slice(0, 5)).toString(), "hello");
        assert.equal(send(left, view), 16);
        assert.equal(recv(right, view), 16);
      }
      const empty = new Uint8Array(0);
      assert.equal(send(left, empty), 0);
      send(left, hello);
      assert.equal(recv(right, empty), 0);
      assert.equal(recv(right, empty, MSG.TRUNC), 5);
    },
  },
]);

test("rejects another realm's memory that is shared, resizable or detached", () => {
  using client = socket(AF.INET, SOCK.DGRAM);
  for (const [code, why] of [
    ["new Uint8Array(new SharedArrayBuffer(8))", /shared memory/],
    ["new Uint8Array(new ArrayBuffer(8, { maxByteLength: 16 }))", /resizable/],
    [
      "const view = new Uint8Array(8); structuredClone(view.buffer, { transfer: [view.buffer] }); view",
      /detached/,
    ],
  ] as const) {
    const view: Uint8Array = runInNewContext(code, { structuredClone });
    for (const { call } of transfers) assert.throws(() => call(client, view), why);
  }
});

/** 2147483648 bytes, which take no memory until written; undefined if they cannot be allocated. */
function gigabytes(): Uint8Array | undefined {
  try {
    return new Uint8Array(2 ** 31);
  } catch {
    return undefined;
  }
}
