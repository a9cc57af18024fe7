// The message about a bad option names it; good values are accepted, up to their bounds.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SO } from "../options/so.ts";
import { checkWait, milliseconds } from "./abort.ts";
import { connect } from "./connection/connect.ts";
import { handOver } from "./handoff/hand-over.ts";
import { takeOver } from "./handoff/take-over.ts";
import { listen } from "./listener/listen.ts";
import { reservePort } from "./listener/reserve-port.ts";
import { checkConnectOptions } from "./options/connect-options.ts";
import { checkListenOptions } from "./options/listen-options.ts";
import { udp } from "./udp/udp.ts";

type Call = (options: never) => Promise<unknown>;

const values = {
  undefined,
  null: null,
  number: 5,
  text: "text",
  empty: "",
  object: {},
  list: [],
  flag: true,
};
type Value = keyof typeof values;

/** The values that each option rejects, and the other options that must be given. */
const refused: readonly [call: Call, others: object, option: string, values: readonly Value[]][] = [
  [listen, {}, "host", ["null", "number", "empty", "object", "flag"]],
  [listen, {}, "port", ["null", "text", "object", "flag"]],
  [listen, {}, "backlog", ["null", "text", "object", "flag"]],
  [listen, {}, "busyPoll", ["null", "text", "object", "flag"]],
  [listen, {}, "reusePort", ["null", "number", "text", "object"]],
  [listen, {}, "ipv6Only", ["null", "number", "text", "object"]],
  [listen, {}, "exclusive", ["null", "number", "text", "object"]],
  [listen, {}, "path", ["null", "number", "empty", "object", "flag"]],
  [listen, {}, "socket", ["null", "text", "object", "flag"]],
  [listen, {}, "onRetry", ["null", "number", "text", "object"]],
  [listen, {}, "signal", ["null", "number", "text", "object"]],
  [listen, {}, "options", ["null", "number", "text", "object"]],
  [listen, {}, "engine", ["null", "number", "text", "object"]],
  [connect, { port: 9 }, "host", ["null", "number", "empty", "object", "flag"]],
  [connect, {}, "port", ["null", "text", "object", "flag"]],
  [connect, { port: 9 }, "localAddress", ["null", "number", "empty", "text", "object"]],
  [connect, { port: 9 }, "localPort", ["null", "text", "object", "flag"]],
  [connect, { port: 9 }, "family", ["null", "number", "text", "object", "flag"]],
  [connect, {}, "path", ["null", "number", "empty", "object", "flag"]],
  [connect, {}, "address", ["null", "number", "text", "object", "flag"]],
  [connect, { port: 9 }, "timeout", ["null", "text", "object", "flag"]],
  [connect, { port: 9 }, "signal", ["null", "number", "text", "object"]],
  [connect, { port: 9 }, "options", ["null", "number", "text", "object"]],
  [connect, { port: 9 }, "engine", ["null", "number", "text", "object"]],
  [udp, {}, "host", ["null", "number", "empty", "object", "flag"]],
  [udp, {}, "port", ["null", "text", "object", "flag"]],
  [udp, {}, "path", ["null", "number", "empty", "object", "flag"]],
  [udp, {}, "reusePort", ["null", "number", "text", "object"]],
  [udp, {}, "reuseAddress", ["null", "number", "text", "object"]],
  [udp, {}, "ipv6Only", ["null", "number", "text", "object"]],
  [udp, {}, "signal", ["null", "number", "text", "object"]],
  [udp, {}, "options", ["null", "number", "text", "object"]],
  [udp, {}, "engine", ["null", "number", "text", "object"]],
  [reservePort, {}, "host", ["null", "number", "empty", "object", "flag"]],
  [reservePort, {}, "port", ["null", "text", "object", "flag"]],
  [takeOver, {}, "timeout", ["null", "text", "object", "flag"]],
];

for (const [call, others, option, names] of refused)
  test(`${call.name}({ ${option} }): rejects bad values, and names the option`, async () => {
    for (const name of names)
      await assert.rejects(
        call({ ...others, [option]: values[name] } as never),
        (error) => {
          assert.ok(error instanceof TypeError || error instanceof RangeError, `${name}: ${error}`);
          assert.match(error.message, new RegExp(option), name);
          return true;
        },
        name,
      );
  });

test("rejects options that are not an object", async () => {
  for (const call of [listen, connect, udp, reservePort, takeOver] as readonly Call[])
    for (const value of [null, 5, "text", true])
      await assert.rejects(call(value as never), /^TypeError: options must be /, call.name);
});

test("accepts numbers up to their bounds, and no further", () => {
  const listening = (options: object) => checkListenOptions(options);
  const connecting = (options: object) => checkConnectOptions({ port: 1, ...options });
  const bounds: readonly [check: (options: object) => unknown, option: string, min: number, max: number][] = [
    [listening, "port", 0, 65_535],
    [listening, "backlog", 0, 2_147_483_647],
    [listening, "busyPoll", 0, 1_000_000],
    [connecting, "busyPoll", 0, 1_000_000],
    [connecting, "port", 1, 65_535],
    [connecting, "localPort", 0, 65_535],
  ];
  for (const [check, option, min, max] of bounds) {
    for (const value of [min, max]) check({ [option]: value });
    for (const value of [min - 1, max + 1, 1.5, Number.NaN])
      assert.throws(() => check({ [option]: value }), { name: "RangeError", message: new RegExp(option) });
  }
  for (const value of [0, 1.5, 2 ** 31 - 1]) {
    assert.equal(milliseconds("drain", value), value);
    checkWait({ timeout: value });
  }
  for (const value of [-1, Number.NaN])
    assert.throws(() => milliseconds("drain", value), { name: "RangeError", message: /^drain / });
});

test("omitted options have defaults, and given ones are kept", () => {
  const { endpoint, backlog, options, engine, signal, onRetry } = checkListenOptions({});
  const port = { kind: "port", host: undefined, port: 0, reusePort: false, ipv6Only: undefined };
  assert.deepEqual(endpoint, { ...port, exclusive: true });
  assert.deepEqual(
    [backlog, options, engine, signal, onRetry],
    [undefined, [], undefined, undefined, undefined],
  );
  assert.deepEqual(checkListenOptions({ reusePort: true }).endpoint, {
    ...port,
    reusePort: true,
    exclusive: false,
  });
  const given = { host: "::1", port: 80, ipv6Only: true, reusePort: false, exclusive: false };
  assert.deepEqual(checkListenOptions(given).endpoint, { kind: "port", ...given });
  const pair = [SO.RCVBUF, 65_536] as const;
  assert.deepEqual(checkListenOptions({ options: [pair] }).options, [pair]);
  for (const wrong of [[SO.RCVBUF], [SO.RCVBUF, 1, 2], SO.RCVBUF, undefined])
    assert.throws(() => checkListenOptions({ options: [wrong] as never }), /^TypeError: each of options/);
  const connected = checkConnectOptions({ port: 80 });
  const local = { localAddress: undefined, localPort: 0 };
  assert.deepEqual(connected.endpoint, { kind: "port", host: "localhost", port: 80, family: 0, ...local });
  for (const family of [4, 6] as const)
    assert.deepEqual(checkConnectOptions({ port: 80, host: "name", family }).endpoint, {
      kind: "port",
      host: "name",
      port: 80,
      family,
      ...local,
    });
});

test("rejects addresses of different families, and accepts those of the same", () => {
  const check = (options: object) => checkConnectOptions({ port: 80, ...options });
  const [v4, v6] = ["127.0.0.1", "::1"];
  for (const options of [
    { host: v4, family: 6 },
    { host: v6, family: 4 },
    { host: v4, localAddress: v6 },
    { host: v6, localAddress: v4 },
    { host: "name", localAddress: v4, family: 6 },
  ])
    assert.throws(() => check(options), /^TypeError: .*one family/, JSON.stringify(options));
  for (const options of [
    { host: v4, family: 4 },
    { host: v6, family: 6, localAddress: "::" },
    { host: "name", localAddress: v4 },
    { host: v4, localAddress: "0.0.0.0", family: 4 },
  ])
    check(options);
});

test("an address is IPv4, IPv6 or a unix socket's, in any spelling of its family", () => {
  const check = (address: object) => checkConnectOptions({ address: address as never }).endpoint;
  const address = { family: "ipv4", address: "127.0.0.1", port: 9 };
  assert.deepEqual(check({ ...address, family: "IPv4" }), { kind: "address", address });
  assert.throws(() => check({ family: "netlink", pid: 0, groups: 0 }), /^TypeError: address must be/);
  for (const family of ["xipv4", "ipv4x", "", 4])
    assert.throws(() => check({ ...address, family }), TypeError);
});

test("handOver(): rejects bad arguments", async () => {
  await using listener = await listen({ host: "127.0.0.1" });
  for (const value of [null, {}, "text"])
    await assert.rejects(handOver(value as never, {} as never), /^TypeError: listener must be /);
  for (const value of [null, 5, "text"])
    await assert.rejects(handOver(listener, {} as never, value as never), /^TypeError: options must be /);
  await assert.rejects(handOver(listener, {} as never, { drain: -1 }), /^RangeError: drain /);
  await assert.rejects(handOver(listener, {} as never, { timeout: -1 }), /^RangeError: timeout /);
});
