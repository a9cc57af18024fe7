import assert from "node:assert/strict";
import { test } from "node:test";
import koffi from "koffi";
import { CLOSE_ON_EXEC, NONBLOCKING } from "../descriptor-flags.ts";
import type { MessageHeader } from "../system.ts";
import { type FreebsdLibc, freebsdOver } from "./freebsd.ts";
import * as libc from "./libc.ts";

// Without FreeBSD: its System runs over the test's C library.

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const over = (answers: Partial<FreebsdLibc>) => freebsdOver({ ...libc, ...answers });

/** The process memory behind an argument. */
function memory(pointer: bigint | Uint8Array, size: number): Uint8Array {
  assert.ok(typeof pointer === "bigint");
  return new Uint8Array(koffi.view(pointer, size));
}

test("descriptors are created with their flags in one call", () => {
  const types: number[] = [];
  const system = over({
    socket: (_domain, type) => types.push(type),
    accept4: (_fd, _address, _length, flags) => types.push(flags),
    socketpair: (_domain, type) => types.push(type),
  });
  system.socket(28, 1, 0, CLOSE_ON_EXEC);
  system.accept(3, system.address, NONBLOCKING);
  system.socketpair(1, 5, 0, new Int32Array(2), CLOSE_ON_EXEC | NONBLOCKING);
  assert.deepEqual(types, [0x10000001, 0x20000000, 0x30000005]);
});

test("one flag of those that F_GETFL and F_GETFD return is read", () => {
  const returning = (byCommand: Readonly<Record<number, number>>) =>
    over({ fcntl: (_fd, command) => byCommand[command] ?? -1, errno: () => 9 });
  const set = returning({ 1: 0x1, 3: 0x46 });
  assert.deepEqual([set.getNonblocking(7), set.getCloseOnExec(7)], [1, 1]);
  const clear = returning({ 1: 0, 3: 0x42 });
  assert.deepEqual([clear.getNonblocking(7), clear.getCloseOnExec(7)], [0, 0]);
  const closed = returning({});
  assert.deepEqual([closed.getNonblocking(7), closed.getCloseOnExec(7)], [-9, -9]);
});

/** A getsockopt() that knows some options of SOL_SOCKET and IPPROTO_TCP, as ints. */
const knowing = (known: Readonly<Record<string, number>>): Partial<FreebsdLibc> => ({
  errno: () => 22,
  getsockopt(_fd, level, name, value) {
    const answer = known[`${level} ${name}`];
    if (answer === undefined) return -1;
    memory(value, 4).set(new Uint8Array(Int32Array.of(answer).buffer));
    return 0;
  },
});

test("the accept queue is SO_LISTENQLEN and SO_LISTENQLIMIT, only for a listener", () => {
  const listener = { "65535 2": 2, "65535 4114": 3, "65535 4113": 128 };
  assert.deepEqual(over(knowing(listener)).acceptQueue(7), { pending: 3, limit: 128 });
  assert.equal(over(knowing({ ...listener, "65535 2": 0 })).acceptQueue(7), undefined);
  assert.equal(over(knowing({ "65535 2": 2 })).acceptQueue(7), undefined);
});

test("the TCP state is the first byte of struct tcp_info", () => {
  for (const [tcps, state] of [
    [1, "listening"] as const,
    [4, "connected"] as const,
    [10, "shut down"] as const,
  ])
    assert.equal(over(knowing({ "6 32": 0x07000000 | tcps })).tcpState(7), state);
  assert.equal(over(knowing({})).tcpState(7), undefined);
});

test("receiving has ended if poll() reports POLLRDHUP", () => {
  const polling = (revents: number) =>
    over({
      poll(entries) {
        assert.deepEqual(entries, bytes("07000000 0040 0000"));
        if (entries instanceof Uint8Array) new DataView(entries.buffer).setInt16(6, revents, true);
        return revents === 0 ? 0 : 1;
      },
    });
  assert.equal(polling(0x4000).receivingEnded(7), true);
  assert.equal(polling(0x10).receivingEnded(7), false);
  assert.equal(polling(0).receivingEnded(7), false);
});

test("a file is identified by device and inode, a socket without an inode by its protocol control block", () => {
  const stat = (inode: string): Partial<FreebsdLibc> => ({
    fstat(_fd, status) {
      memory(status, 224)
        .fill(0)
        .set(bytes(`2a00000000000000 ${inode}`));
      return 0;
    },
  });
  assert.deepEqual(over(stat("0500000001000000")).identity(7), { device: 42, inode: 2 ** 32 + 5 });
  const fcntl: FreebsdLibc["fcntl"] = (fd, command, argument) => {
    assert.deepEqual([fd, command], [7, 22]);
    const kinfo = memory(argument, 1392);
    assert.deepEqual(kinfo.subarray(0, 4), bytes("70050000"));
    kinfo.set(bytes("00a0b0c0 00f8ffff"), 304);
    return 0;
  };
  const inet = over({ ...stat("0000000000000000"), fcntl });
  assert.deepEqual(inet.identity(7), { device: 0xfffff800, inode: 0xc0b0a000 });
  assert.equal(over({ ...stat("0000000000000000"), fcntl: () => -1 }).identity(7), null);
  assert.equal(over({ fstat: () => -1 }).identity(7), null);
});

test("struct mmsghdr has 56 bytes, with msg_len after the struct msghdr", () => {
  const message = (size: number): MessageHeader => ({
    address: null,
    data: [new Uint8Array(size)],
    locations: null,
    control: null,
    flags: 0,
    bytes: 0,
  });
  const messages = [message(1), message(2)];
  const system = over({
    recvmmsg(_fd, headers, count, flags, timeout) {
      assert.deepEqual([count, flags, timeout], [2, 0x80000, null]);
      const written = memory(headers, 2 * 56 + 2 * 16);
      for (const at of [0, 56]) {
        assert.deepEqual(written.subarray(at, at + 12), new Uint8Array(12)); // msg_name, msg_namelen
        assert.deepEqual(written.subarray(at + 24, at + 56), bytes(`01000000 ${"00".repeat(28)}`));
      }
      assert.deepEqual(written.subarray(120, 128), bytes("0100000000000000")); // iov_len of the first
      written.set(bytes("10000000 0100000000000000"), 44);
      written.set(bytes("00000000 0200000000000000"), 56 + 44);
      return 2;
    },
  });
  assert.equal(system.recvmmsg(7, messages, 0x80000), 2);
  assert.deepEqual(
    messages.map(({ flags, bytes }) => [flags, bytes]),
    [
      [0x10, 1],
      [0, 2],
    ],
  );
});
