// The message about a bad argument names it and says what is expected.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SO } from "../options/so.ts";
import { accept } from "./accept.ts";
import { bind } from "./bind.ts";
import { connect } from "./connect.ts";
import { AF, SOCK } from "./constants.ts";
import { getsockopt } from "./getsockopt.ts";
import { listen } from "./listen.ts";
import { poll } from "./poll.ts";
import { recv } from "./recv.ts";
import { recvfrom } from "./recvfrom.ts";
import { recvmmsg } from "./recvmmsg.ts";
import { recvmsg } from "./recvmsg.ts";
import { send } from "./send.ts";
import { sendmmsg } from "./sendmmsg.ts";
import { sendmsg } from "./sendmsg.ts";
import { sendto } from "./sendto.ts";
import { setsockopt } from "./setsockopt.ts";
import { shutdown } from "./shutdown.ts";
import { socket } from "./socket.ts";
import { socketpair } from "./socketpair.ts";

// Open until the process ends; no call reaches the system.
const open = socket(AF.INET, SOCK.DGRAM);
const address = { family: "ipv4", address: "127.0.0.1", port: 1 } as const;
const bytes = new Uint8Array(1);
const message = { data: [bytes] };
const buffers = { data: [bytes] };

/** Each argument that is a number, by the beginning of its message. */
const numbers: readonly [named: string, call: (value: number) => unknown][] = [
  ["domain", (value) => socket(value, SOCK.STREAM)],
  ["type", (value) => socket(AF.INET, value)],
  ["protocol", (value) => socket(AF.INET, SOCK.STREAM, value)],
  ["domain", (value) => socketpair(value, SOCK.STREAM)],
  ["type", (value) => socketpair(AF.UNIX, value)],
  ["protocol", (value) => socketpair(AF.UNIX, SOCK.STREAM, value)],
  ["how", (value) => shutdown(open, value)],
  ["flags", (value) => send(open, bytes, value)],
  ["flags", (value) => sendto(open, bytes, value, address)],
  ["flags", (value) => sendmsg(open, message, value)],
  ["flags", (value) => sendmmsg(open, [message], value)],
  ["flags", (value) => recv(open, bytes, value)],
  ["flags", (value) => recvfrom(open, bytes, value)],
  ["flags", (value) => recvmsg(open, buffers, value)],
  ["flags", (value) => recvmmsg(open, [buffers], value)],
];

for (const [index, [name, call]] of numbers.entries()) {
  test(`${index + 1}: ${name} is not a C int`, () => {
    for (const value of [1.5, 2 ** 31, -(2 ** 31) - 1, Number.NaN])
      assert.throws(() => call(value), { name: "RangeError", message: new RegExp(`^${name} must be `) });
    for (const value of ["1", null, {}, 1n])
      assert.throws(() => Reflect.apply(call, undefined, [value]), {
        name: "TypeError",
        message: new RegExp(`^${name} must be `),
      });
  });
}

/** Each argument that is something else, by its message. */
const others: readonly [message: RegExp, call: (value: unknown) => unknown][] = [
  [/^buffer must be /, (value) => Reflect.apply(recv, undefined, [open, value])],
  [/^buffer must be /, (value) => Reflect.apply(recvfrom, undefined, [open, value])],
  [/^data must be /, (value) => Reflect.apply(send, undefined, [open, value])],
  [/^data must be /, (value) => Reflect.apply(sendto, undefined, [open, value, 0, address])],
  [/^option must be /, (value) => Reflect.apply(getsockopt, undefined, [open, value])],
  [/^option must be /, (value) => Reflect.apply(setsockopt, undefined, [open, value, 1])],
  [/\baddress /, (value) => Reflect.apply(bind, undefined, [open, value])],
  [/\baddress /, (value) => Reflect.apply(connect, undefined, [open, value])],
  [/^socket must be /, (value) => Reflect.apply(listen, undefined, [value, 1])],
  [/^socket must be /, (value) => Reflect.apply(accept, undefined, [value])],
];

for (const [index, [pattern, call]] of others.entries()) {
  test(`${index + 1}: an invalid argument: ${pattern.source}`, () => {
    for (const value of [null, undefined, true, "text", {}, Symbol("none")])
      assert.throws(() => call(value), { name: "TypeError", message: pattern });
  });
}

test("listen: accepts a backlog of any size, and nothing else", () => {
  for (const value of [1.5, Number.NaN])
    assert.throws(() => listen(open, value), { name: "RangeError", message: /^backlog must be / });
  for (const value of ["1", null, {}, 1n])
    assert.throws(() => Reflect.apply(listen, undefined, [open, value]), {
      name: "TypeError",
      message: /^backlog must be /,
    });
});

test("poll: the requests, and the timeout", () => {
  for (const value of [{}, null, 1])
    assert.throws(() => Reflect.apply(poll, undefined, [value, 0]), { name: "TypeError" });
  assert.throws(() => poll([{ socket: open, events: 1.5 }], 0), { message: /^events must be / });
  assert.throws(() => poll([], Number.NaN), { message: /^timeout must be / });
});

test("a read-only or write-only option", () => {
  const { numberOn, name } = SO.TYPE;
  assert.throws(() => Reflect.apply(setsockopt, undefined, [open, SO.TYPE, 1]), {
    name: "TypeError",
    message: /can only be read$/,
  });
  assert.throws(() => Reflect.apply(getsockopt, undefined, [open, { name, numberOn, write: {} }]), {
    name: "TypeError",
    message: /can only be set$/,
  });
});
