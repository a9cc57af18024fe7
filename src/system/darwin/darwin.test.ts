import assert from "node:assert/strict";
import { test } from "node:test";
import koffi from "koffi";
import { CLOSE_ON_EXEC, NONBLOCKING } from "../descriptor-flags.ts";
import type { MessageHeader } from "../system.ts";
import { ValueResult } from "../value-result.ts";
import { type DarwinLibc, darwinOver } from "./darwin.ts";
import * as libc from "./libc.ts";

// Without macOS: its System runs over the test's C library, which records its calls.

const SOL_SOCKET = 0xffff;
const SO_NOSIGPIPE = 0x1022;
const ENOTSOCK = 38;
const ENOPROTOOPT = 42;

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));

function over(answers: Partial<DarwinLibc>) {
  const calls: string[] = [];
  const note = <Args extends unknown[]>(name: string, answer: (...args: Args) => number) => {
    return (...args: Args) => {
      const shown = args.map((arg) =>
        arg instanceof Uint8Array ? `[${arg}]` : typeof arg === "bigint" ? "*" : arg,
      );
      calls.push(`${name}(${shown.join(", ")})`);
      return answer(...args);
    };
  };
  const system = darwinOver({
    ...libc,
    fcntl: note("fcntl", () => 0),
    ioctl: note("ioctl", () => 0),
    setsockopt: note("setsockopt", () => 0),
    ...answers,
    accept: note("accept", answers.accept ?? (() => 8)),
    getsockopt: note("getsockopt", answers.getsockopt ?? (() => 0)),
    socket: note("socket", answers.socket ?? (() => 7)),
  });
  return { system, calls };
}

/**
 * The result of proc_pidfdinfo() for a socket: bytes by their offset in struct socket_fdinfo
 * (sys/proc_info.h).
 */
const telling = (members: Readonly<Record<number, string>>): Partial<DarwinLibc> => ({
  proc_pidfdinfo(pid, fd, flavor, buffer, size) {
    assert.deepEqual([pid, fd, flavor, size], [process.pid, 7, 3, 792]);
    assert.ok(typeof buffer === "bigint");
    const memory = new Uint8Array(koffi.view(buffer, size)).fill(0);
    for (const [at, hex] of Object.entries(members)) memory.set(bytes(hex), Number(at));
    return size;
  },
});

test("separate calls make a socket close-on-exec and free of SIGPIPE", () => {
  const { system, calls } = over({});
  assert.equal(system.socket(2, 1, 0, CLOSE_ON_EXEC), 7);
  const one = "[1,0,0,0]";
  const made = [
    "socket(2, 1, 0)",
    "fcntl(7, 2, 1)",
    `setsockopt(7, ${SOL_SOCKET}, ${SO_NOSIGPIPE}, ${one}, 4)`,
  ];
  assert.deepEqual(calls, made);
  calls.length = 0;
  system.socket(2, 1, 0, CLOSE_ON_EXEC | NONBLOCKING);
  assert.deepEqual(calls, [...made, `ioctl(7, ${0x8004667e}, ${one})`]);
  calls.length = 0;
  system.socket(30, 2, 17, 0);
  assert.deepEqual(calls, ["socket(30, 2, 17)", made[2]]);
});

test("a socket that cannot be created is a negative errno, and no call follows", () => {
  const { system, calls } = over({ socket: () => -1, accept: () => -1, errno: () => 24 });
  assert.equal(system.socket(2, 1, 0, CLOSE_ON_EXEC), -24);
  assert.equal(system.accept(7, system.address, CLOSE_ON_EXEC), -24);
  assert.deepEqual(calls, ["socket(2, 1, 0)", "accept(7, *, *)"]);
});

test("an accepted socket, which has its listener's mode, gets the requested mode", () => {
  const { system, calls } = over({});
  assert.equal(system.accept(7, system.address, 0), 8);
  assert.equal(calls.at(-1), `ioctl(8, ${0x8004667e}, [0,0,0,0])`);
  system.accept(7, system.address, NONBLOCKING);
  assert.equal(calls.at(-1), `ioctl(8, ${0x8004667e}, [1,0,0,0])`);
});

test("one flag of those that F_GETFL and F_GETFD return is read", () => {
  const returning = (byCommand: Readonly<Record<number, number>>) =>
    over({ fcntl: (_fd, command) => byCommand[command] ?? -1, errno: () => 9 }).system;
  const set = returning({ 1: 0x1, 3: 0x46 });
  assert.deepEqual([set.getNonblocking(7), set.getCloseOnExec(7)], [1, 1]);
  const clear = returning({ 1: 0, 3: 0x42 });
  assert.deepEqual([clear.getNonblocking(7), clear.getCloseOnExec(7)], [0, 0]);
  const closed = returning({});
  assert.deepEqual([closed.getNonblocking(7), closed.getCloseOnExec(7)], [-9, -9]);
});

test("both ends of a pair get the same flags", () => {
  const { system, calls } = over({
    socketpair(_domain, _type, _protocol, fds) {
      fds.set(bytes("05000000 06000000"));
      return 0;
    },
  });
  const fds = new Int32Array(2);
  assert.equal(system.socketpair(1, 1, 0, fds, CLOSE_ON_EXEC), 0);
  assert.deepEqual([...fds], [5, 6]);
  for (const fd of fds) assert.ok(calls.includes(`fcntl(${fd}, 2, 1)`));
});

test("SO_DOMAIN and SO_PROTOCOL, which the kernel lacks, are emulated", () => {
  const { system } = over(telling({ 176: "01000000", 180: "06000000", 184: "1e000000" }));
  const { option, options } = system;
  for (const [name, expected] of [["SO_DOMAIN", 30] as const, ["SO_PROTOCOL", 6] as const]) {
    const { level = 0, number = 0 } = options[name] ?? {};
    option.length = 4;
    assert.equal(system.getsockopt(7, level, number, option), 0);
    assert.deepEqual([option.ints[0], option.length], [expected, 4]);
  }
});

test("SO_DOMAIN fails for non-sockets like any option, and like an unknown one if nothing is known", () => {
  const none: Partial<DarwinLibc> = { proc_pidfdinfo: () => 0 };
  const { level = 0, number = 0 } = over({}).system.options.SO_DOMAIN ?? {};
  const pipe = over({ ...none, getsockopt: () => -1, errno: () => ENOTSOCK }).system;
  assert.equal(pipe.getsockopt(7, level, number, pipe.option), -ENOTSOCK);
  const silent = over(none).system;
  assert.equal(silent.getsockopt(7, level, number, silent.option), -ENOPROTOOPT);
});

test("the accept queue of a listener, without connections not established yet", () => {
  // so_options: SO_ACCEPTCONN, SO_REUSEADDR; so_qlen 5, so_incqlen 2, so_qlimit 128.
  const listener = { 188: "0600", 194: "0500", 196: "0200", 198: "8000" };
  assert.deepEqual(over(telling(listener)).system.acceptQueue(7), { pending: 3, limit: 128 });
  assert.equal(over(telling({ ...listener, 188: "0400" })).system.acceptQueue(7), undefined);
});

test("the TCP state, and whether receiving has ended", () => {
  const states = {
    "00": "not connected",
    "01": "listening",
    "02": "connecting",
    "04": "connected",
    "05": "connected",
    "09": "shut down",
  };
  for (const [tcps, state] of Object.entries(states)) {
    const { system } = over(telling({ 256: "02000000", 344: `${tcps}000000` }));
    assert.equal(system.tcpState(7), state);
  }
  assert.equal(over(telling({ 256: "03000000", 344: "04000000" })).system.tcpState(7), undefined);
  assert.equal(over(telling({ 192: "2200" })).system.receivingEnded(7), true);
  assert.equal(over(telling({ 192: "0200" })).system.receivingEnded(7), false);
});

test("a socket is identified by its handle, another file by its device and inode", () => {
  const { system } = over(telling({ 160: "0807060504030201" }));
  assert.deepEqual(system.identity(7), { device: 0x01020304, inode: 0x05060708 });
  const fstat = (fd: number, status: bigint | Uint8Array) => {
    if (fd !== 9 || typeof status !== "bigint") return -1;
    new Uint8Array(koffi.view(status, 144)).fill(0).set(bytes("10000001 00000000 0200000001000000"));
    return 0;
  };
  const file = over({ proc_pidfdinfo: () => 0, fstat }).system;
  assert.deepEqual(file.identity(9), { device: 0x01000010, inode: 2 ** 32 + 2 });
  assert.equal(file.identity(3), null);
});

test("struct msghdr is written as in sys/socket.h, and read back", () => {
  const data = new Uint8Array(3);
  const name = new ValueResult(new ArrayBuffer(32));
  name.length = 16;
  const control = new ValueResult(new ArrayBuffer(48));
  control.length = 16;
  const message: MessageHeader = {
    address: name,
    data: [data],
    locations: null,
    control,
    flags: 0,
    bytes: 0,
  };
  let written: Uint8Array | undefined;
  const { system } = over({
    recvmsg(_fd, header) {
      assert.ok(typeof header === "bigint");
      const memory = new Uint8Array(koffi.view(header, 72));
      written = memory.slice();
      memory.set(bytes("1c000000"), 8);
      memory.set(bytes("0c000000 20000000"), 40);
      return 2;
    },
  });
  assert.equal(system.recvmsg(7, message, 0), 2);
  const address = (of: Uint8Array) =>
    Buffer.from(BigUint64Array.of(koffi.address(of)).buffer).toString("hex");
  const expected = [
    `${address(name.bytes)} 10000000`, // msg_name, msg_namelen
    "01000000 00000000", // msg_iovlen, padding
    `${address(control.bytes)} 10000000 00000000`, // msg_control, msg_controllen, msg_flags
  ];
  assert.ok(written !== undefined);
  assert.deepEqual(written.subarray(0, 12), bytes(expected[0] ?? ""));
  assert.deepEqual(written.subarray(24, 48), bytes(`${expected[1]} ${expected[2]}`));
  const iovec = new DataView(written.buffer).getBigUint64(16, true);
  assert.ok(iovec > 0n);
  assert.deepEqual(written.subarray(56, 72), bytes(`${address(data)} 0300000000000000`));
  assert.deepEqual([name.length, control.length, message.flags], [28, 12, 0x20]);
});

test("several messages are sent and received one by one, and only a failure of the first fails the call", () => {
  const answers = [3, 4, -1, -1];
  const { system } = over({ sendmsg: () => answers.shift() ?? 0, errno: () => 35 });
  const message = (): MessageHeader => ({
    address: null,
    data: [],
    locations: null,
    control: null,
    flags: 0,
    bytes: 0,
  });
  const messages = [message(), message(), message()];
  assert.equal(system.sendmmsg(7, messages, 0), 2);
  assert.deepEqual(
    messages.map(({ bytes }) => bytes),
    [3, 4, 0],
  );
  assert.equal(system.sendmmsg(7, messages, 0), -35);
});
