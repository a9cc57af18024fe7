import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addressOf, Calls, valueResult } from "../../../test/simulated/calls.ts";
import { machineSystem } from "../../system/current.ts";
import "../../system/host.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { options } from "../../system/linux/options.ts";
import type { System } from "../../system/system.ts";
import { Network } from "../network/network.ts";
import { type Instruction, OFFSET } from "./instructions.ts";

// Compares filters on sockets of the kernel and of a simulated host: which programs each accepts,
// and how much of a datagram they keep.

const { AF, SOCK, SHUT } = constants;
const kernel = process.platform === "linux" ? machineSystem() : undefined;
const skip = kernel === undefined ? "it compares with Linux" : false;

/** struct sock_filter, for each instruction. */
function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, { code, jt, jf, k }] of program.entries()) {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, jt);
    view.setUint8(index * 8 + 3, jf);
    view.setUint32(index * 8 + 4, k, true);
  }
  return bytes;
}

const plain = (code: number, k = 0): Instruction => ({ code, jt: 0, jf: 0, k: k >>> 0 });
const returnA = plain(0x16);

/** How much a filter keeps of datagrams on loopback, or an errno. */
interface Passing {
  readonly result: readonly string[] | number;
  /** The names of the receiver and the sender: the program may read their ports. */
  readonly names: readonly string[];
}

const any: readonly string[] = ["127.0.0.1:0", "127.0.0.1:0"];

function passing(
  system: System,
  program: readonly Instruction[],
  sent: readonly Uint8Array[],
  names = any,
): Passing {
  const calls = new Calls(system);
  const sockets = names.map((name) => {
    const fd = system.socket(AF.INET, SOCK.DGRAM, 0, 2);
    assert.equal(calls.bind(fd, name), 0);
    return { fd, name: String(calls.name(fd)) };
  });
  const [receiver, sender] = sockets;
  assert.ok(receiver !== undefined && sender !== undefined);
  try {
    const attached = system.attachFilter(receiver.fd, encode(program));
    const chosen = sockets.map(({ name }) => name);
    if (attached < 0) return { result: attached, names: chosen };
    // The kernel leaves checksums on loopback to a device, and identifies what may be fragmented.
    for (const [{ level, number }, value] of [
      [options.SO_NO_CHECK, 1],
      [options.IP_MTU_DISCOVER, 2],
    ] as const)
      assert.equal(
        system.setsockopt(sender.fd, level, number, valueResult(Uint8Array.of(value, 0, 0, 0))),
        0,
      );
    for (const bytes of sent)
      assert.equal(system.sendto(sender.fd, bytes, 0, addressOf(receiver.name)), bytes.length);
    return { result: received(system, receiver.fd), names: chosen };
  } finally {
    for (const { fd } of sockets) system.close(fd);
  }
}

function received(system: System, fd: number): string[] {
  const buffer = new Uint8Array(64);
  const all: string[] = [];
  for (let count = system.recv(fd, buffer, 0); count >= 0; count = system.recv(fd, buffer, 0))
    all.push(Buffer.from(buffer.subarray(0, count)).toString("hex"));
  return all;
}

const uint32 = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: -64, max: 64 }).map((by) => (OFFSET.NETWORK + by) >>> 0),
  fc.integer({ min: -4, max: 64 }).map((by) => (OFFSET.LINK + by) >>> 0),
  fc.integer({ min: 0, max: 0xffffffff }),
);
/** Every valid code, and some invalid ones. */
const code = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.constantFrom(0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x00, 0x01, 0x60, 0x61, 0x80),
  },
  { weight: 10, arbitrary: fc.constantFrom(0x81, 0xb1, 0x02, 0x03, 0x07, 0x87, 0x84) },
  {
    weight: 20,
    arbitrary: fc
      .nat({ max: 10 })
      .chain((operation) => fc.constantFrom(0x04, 0x0c).map((of) => of + operation * 16)),
  },
  { weight: 10, arbitrary: fc.constantFrom(0x05, 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d) },
  { weight: 2, arbitrary: fc.constantFrom(0x06, 0x16) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0x1ff }) },
);
const small = fc.integer({ min: 0, max: 3 });
const instruction: fc.Arbitrary<Instruction> = fc
  .record({ code, jt: small, jf: small, k: uint32 })
  // Jumps and words of memory are mostly in range.
  .map(({ k, ...rest }) => {
    const kind = rest.code & 7;
    const isMemory = kind === 2 || kind === 3 || rest.code === 0x60 || rest.code === 0x61;
    return { ...rest, k: isMemory ? k % 18 : rest.code === 0x05 ? k % 4 : k };
  });
/** Stores in two words first, so that loads from them are valid. */
const stores = [plain(0x00, 0x12345678), plain(0x02, 0), plain(0x02, 1)];

test("random programs keep the same part of datagrams as on the kernel", { skip }, () => {
  assert.ok(kernel !== undefined);
  const program = fc
    .array(instruction, { maxLength: 12 })
    .map((middle) => [...stores, ...middle, plain(0x54, 31), returnA]);
  const datagrams = fc.array(fc.uint8Array({ maxLength: 24 }), { minLength: 1, maxLength: 3 });
  let valid = 0;
  let passed = 0;
  fc.assert(
    fc.property(program, datagrams, (instructions, sent) => {
      const { result, names } = passing(kernel, instructions, sent);
      const { system } = new Network({ seed: 1 }).host("one", { addresses: ["10.0.0.1"] });
      assert.deepEqual(passing(system, instructions, sent, names).result, result);
      if (typeof result === "object") {
        valid += 1;
        passed += result.length;
      }
    }),
    { numRuns: 2_000 },
  );
  assert.ok(valid > 200 && passed > 200, `${valid} programs were valid, and ${passed} datagrams passed`);
});

test("calculations have 32 bits without a sign, as on the kernel", { skip }, () => {
  assert.ok(kernel !== undefined);
  const { system } = new Network({ seed: 1 }).host("one", { addresses: ["10.0.0.1"] });
  const numbers = [1, 31, 0x7fffffff, 0x80000000, 0xffffffff];
  const sent = [new Uint8Array(32)];
  for (let operation = 0x00; operation <= 0xa0; operation += 0x10) {
    for (const [a, x] of numbers.flatMap((one) => numbers.map((other) => [one, other] as const))) {
      // The length that is kept encodes five bits of the result.
      for (const shift of [0, 13, 27]) {
        const takesX = operation === 0x80 ? 0 : 0x08;
        const calculates = [plain(0x00, a), plain(0x01, x), plain(0x04 | operation | takesX)];
        const program = [...calculates, plain(0x74, shift), plain(0x54, 31), plain(0x04, 8), returnA];
        const { result } = passing(kernel, program, sent);
        assert.deepEqual(
          passing(system, program, sent).result,
          result,
          `operation ${operation} of ${a} and ${x}, shifted by ${shift}`,
        );
      }
    }
  }
});

/** A program that keeps packets with this byte at an offset, and drops all others. */
const keepsOnly = (byte: number, offset: number): Instruction[] => [
  plain(0x30, offset),
  { code: 0x15, jt: 0, jf: 1, k: byte },
  plain(0x06, 0xffffffff),
  plain(0x06, 0),
];

const systems = (): [name: string, system: System][] => [
  ["here", new Network({ seed: 1 }).host("one", { addresses: ["10.0.0.1"] }).system],
  ...(kernel === undefined ? [] : [["on the kernel", kernel] as [string, System]]),
];

test("a filter of a unix socket drops messages without the sender noticing", () => {
  for (const [name, system] of systems()) {
    for (const type of [SOCK.DGRAM, SOCK.SEQPACKET]) {
      const fds = new Int32Array(2);
      assert.equal(system.socketpair(AF.UNIX, type ?? 0, 0, fds, 2), 0);
      const [one = -1, other = -1] = fds;
      const calls = new Calls(system);
      assert.equal(system.attachFilter(other, encode(keepsOnly(0x61, 0))), 0, name);
      assert.deepEqual([calls.send(one, "b"), calls.send(one, "ab")], [1, 2], name);
      assert.deepEqual([calls.recv(other), calls.recv(other)], ["ab", -errnos.EAGAIN], name);
      for (const fd of fds) system.close(fd);
    }
  }
});

test("a filter of a listener sees the TCP header, and its connections inherit it", () => {
  for (const [name, system] of systems()) {
    const calls = new Calls(system);
    const open = (flags: number) => system.socket(AF.INET, SOCK.STREAM, 0, flags);
    const [listener, client] = [open(0), open(0)];
    assert.equal(calls.bind(listener, "127.0.0.1:0"), 0);
    const port = Number(String(calls.name(listener)).split(":")[1]);
    // The lower byte of the destination port.
    assert.equal(system.attachFilter(listener, encode(keepsOnly(port & 0xff, 3))), 0);
    assert.equal(system.listen(listener, 1), 0);
    assert.equal(calls.connect(client, `127.0.0.1:${port}`), 0, name);
    const accepted = calls.accept(listener);
    assert.equal(calls.send(client, "x"), 1);
    assert.equal(calls.recv(accepted), "x");
    assert.equal(system.detachFilter(accepted), 0, name);
    assert.equal(system.detachFilter(accepted), -errnos.ENOENT, name);
    for (const fd of [listener, client, accepted]) system.close(fd);
  }
});

test("a listener whose filter drops everything answers no SYN", () => {
  const network = new Network({ seed: 1 });
  const { system } = network.host("one", { addresses: ["10.0.0.1"] });
  const calls = new Calls(system);
  const [listener, client] = [0, 2].map((flags) => system.socket(AF.INET, SOCK.STREAM, 0, flags));
  assert.ok(listener !== undefined && client !== undefined);
  calls.bind(listener, "127.0.0.1:80");
  system.listen(listener, 1);
  system.attachFilter(listener, encode([plain(0x06, 0)]));
  assert.equal(calls.connect(client, "127.0.0.1:80"), -errnos.EINPROGRESS);
  network.clock.advanceTo(500e6);
  assert.equal(system.acceptQueue(listener)?.pending, 0);
  // The SYN that is retransmitted after a second.
  system.detachFilter(listener);
  network.clock.advanceTo(2_000e6);
  assert.equal(system.acceptQueue(listener)?.pending, 1);
});

test("a program chooses among the sockets of a port; one that leaves gives its place to the last", () => {
  for (const [name, system] of systems()) {
    const calls = new Calls(system);
    const first = system.socket(AF.INET, SOCK.DGRAM, 0, 2);
    const byByte = encode([plain(0x30, 0), plain(0x14, 0x30), returnA]);
    assert.equal(system.attachReuseportFilter(first, byByte), -errnos.EINVAL, name);
    const { level, number } = options.SO_REUSEPORT;
    const open = (fd: number, address: string): number => {
      assert.equal(system.setsockopt(fd, level, number, valueResult(Uint8Array.of(1, 0, 0, 0))), 0);
      assert.equal(calls.bind(fd, address), 0);
      return fd;
    };
    open(first, "127.0.0.1:0");
    const address = String(calls.name(first));
    const others = [1, 2, 3].map(() => open(system.socket(AF.INET, SOCK.DGRAM, 0, 2), address));
    const sockets = [first, ...others];
    assert.equal(system.attachReuseportFilter(others[0] ?? -1, byByte), 0);
    const sender = system.socket(AF.INET, SOCK.DGRAM, 0, 2);
    const receivers = (): string[] => {
      for (const text of ["0", "1", "2", "3"]) calls.sendTo(sender, text, address);
      return sockets.map((fd) => {
        let all = "";
        for (let text = calls.recv(fd); typeof text === "string"; text = calls.recv(fd)) all += text;
        return all;
      });
    };
    assert.deepEqual(receivers(), ["0", "1", "2", "3"], name);
    const [left] = sockets.splice(1, 1);
    system.close(left ?? -1);
    // No socket has the index 3 now: a hash decides.
    assert.deepEqual(
      receivers().map((all) => all.replace("3", "")),
      ["0", "2", "1"],
      name,
    );
    const detach = options.SO_DETACH_REUSEPORT_BPF;
    const detached = [0, 0].map(() =>
      system.setsockopt(first, detach.level, detach.number, valueResult(new Uint8Array(4))),
    );
    assert.deepEqual(detached, [0, -errnos.ENOENT], name);
    for (const fd of [...sockets, sender]) system.close(fd);
  }
});

test("a program chooses among listeners, in the order of their listen()", () => {
  for (const [name, system] of systems()) {
    const calls = new Calls(system);
    const { level, number } = options.SO_REUSEPORT;
    let address = "127.0.0.1:0";
    const listeners = [0, 1, 2].map(() => {
      const fd = system.socket(AF.INET, SOCK.STREAM, 0, 2);
      assert.equal(system.setsockopt(fd, level, number, valueResult(Uint8Array.of(1, 0, 0, 0))), 0);
      assert.equal(calls.bind(fd, address), 0);
      address = String(calls.name(fd));
      return fd;
    });
    const order = listeners.toReversed();
    for (const fd of order) assert.equal(system.listen(fd, 1), 0);
    assert.equal(system.attachReuseportFilter(listeners[0] ?? -1, encode([plain(0x06, 2)])), 0, name);
    const client = system.socket(AF.INET, SOCK.STREAM, 0, 0);
    assert.equal(calls.connect(client, address), 0, name);
    assert.deepEqual(
      order.map((fd) => system.acceptQueue(fd)?.pending),
      [0, 0, 1],
      name,
    );
    system.shutdown(client, SHUT.RDWR);
    for (const fd of [client, ...listeners]) system.close(fd);
  }
});
