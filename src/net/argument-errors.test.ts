// Every function and method of the asynchronous API, with wrong arguments in every position.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fixture } from "../../test/fixture.ts";
import { descriptorsAreAsBefore, openDescriptors } from "../../test/open-descriptors.ts";
import { tryingAsync, wrongValues } from "../../test/wrong-values.ts";
import { engineChoice } from "../engine/choice.ts";
import { SO } from "../options/so.ts";
import { AF } from "../posix/constants.ts";
import { getsockopt } from "../posix/getsockopt.ts";
import { connect } from "./connection/connect.ts";
import type { HandledConnection } from "./connection/handled-connection.ts";
import { handOver } from "./handoff/hand-over.ts";
import { listenersFromEnvironment } from "./handoff/listeners-from-environment.ts";
import { takeOver } from "./handoff/take-over.ts";
import { listen } from "./listener/listen.ts";
import { reservePort } from "./listener/reserve-port.ts";
import { readable } from "./readable.ts";
import { udp } from "./udp/udp.ts";
import { writable } from "./writable.ts";

const loopback = { host: "127.0.0.1" } as const;

/** A position: its name in messages, the call, and which of the wrong values it accepts. */
interface Position {
  readonly named: RegExp;
  readonly call: (value: unknown) => unknown;
  /** Values that are valid here. */
  readonly isRight?: (value: unknown) => boolean;
}

const missing = (value: unknown) => value === undefined;
const missingOrBoolean = (value: unknown) => value === undefined || typeof value === "boolean";
const missingOrText = (value: unknown) => value === undefined || typeof value === "string";
const missingOrObject = (value: unknown) =>
  value === undefined || (typeof value === "object" && value !== null);
const missingOrFunction = (value: unknown) => value === undefined || typeof value === "function";

// Untyped programs may pass anything.
const untyped = (call: unknown) => (args: readonly unknown[]) =>
  typeof call === "function" ? Reflect.apply(call, undefined, [...args]) : assert.fail();
const [listens, connects, opensUdp] = [untyped(listen), untyped(connect), untyped(udp)];

const reserves = untyped(reservePort);

const handlers = (
  what: (args: readonly unknown[]) => unknown,
  names: readonly string[],
): readonly Position[] =>
  names.map((name) => ({
    named: new RegExp(name),
    call: (value) => what([loopback, { [name]: value }]),
    isRight: missingOrFunction,
  }));

const positions: Readonly<Record<string, readonly Position[]>> = {
  listen: [
    { named: /options|socket/, call: (value) => listens([value]), isRight: missingOrObject },
    { named: /handlers/, call: (value) => listens([loopback, value]), isRight: missingOrObject },
    { named: /host/, call: (host) => listens([{ host }]), isRight: missingOrText },
    { named: /port/, call: (port) => listens([{ ...loopback, port }]), isRight: missing },
    { named: /backlog/, call: (backlog) => listens([{ ...loopback, backlog }]), isRight: missing },
    { named: /signal/, call: (signal) => listens([{ ...loopback, signal }]), isRight: missing },
    { named: /engine/, call: (engine) => listens([{ ...loopback, engine }]), isRight: missing },
    { named: /onRetry/, call: (onRetry) => listens([{ ...loopback, onRetry }]), isRight: missingOrFunction },
    { named: /socket|descriptor/, call: (socket) => listens([{ socket }]) },
    { named: /socket|descriptor/, call: (sockets) => listens([{ socket: { sockets } }]) },
    { named: /socket|descriptor/, call: (socket) => listens([{ socket: { sockets: [socket] } }]) },
    { named: /path/, call: (path) => listens([{ path }]), isRight: missingOrText },
    ...["reusePort", "exclusive", "ipv6Only"].map((name) => ({
      named: new RegExp(name),
      call: (value: unknown) => listens([{ ...loopback, [name]: value }]),
      isRight: missingOrBoolean,
    })),
    {
      named: /options/,
      call: (options) => listens([{ ...loopback, options }]),
      isRight: (value) => value === undefined || Array.isArray(value),
    },
    { named: /options/, call: (pair) => listens([{ ...loopback, options: [pair] }]) },
    { named: /option/, call: (option) => listens([{ ...loopback, options: [[option, true]] }]) },
    {
      named: /SO_REUSEADDR/,
      call: (value) => listens([{ ...loopback, options: [[SO.REUSEADDR, value]] }]),
      isRight: (value) => typeof value === "boolean",
    },
    ...handlers(listens, ["open", "data", "drain", "end", "close", "error"]),
  ],
  connect: [
    { named: /options|port/, call: (value) => connects([value]) },
    { named: /host/, call: (host) => connects([{ host, port: 1 }]), isRight: missingOrText },
    { named: /port/, call: (port) => connects([{ port }]) },
    { named: /address/, call: (address) => connects([{ address }]) },
    {
      named: /address/,
      call: (family) => connects([{ address: { family, address: "127.0.0.1", port: 1 } }]),
    },
    { named: /path/, call: (path) => connects([{ path }]), isRight: (v) => typeof v === "string" },
    { named: /family/, call: (family) => connects([{ port: 1, family }]), isRight: missing },
    {
      named: /localAddress/,
      call: (localAddress) => connects([{ port: 1, localAddress }]),
      isRight: missing,
    },
    { named: /localPort/, call: (localPort) => connects([{ port: 1, localPort }]), isRight: missing },
    { named: /signal/, call: (signal) => connects([{ port: 1, signal }]), isRight: missing },
    { named: /timeout/, call: (timeout) => connects([{ port: 1, timeout }]), isRight: isTime },
    { named: /engine/, call: (engine) => connects([{ port: 1, engine }]), isRight: missing },
  ],
  udp: [
    { named: /options/, call: (value) => opensUdp([value]), isRight: missingOrObject },
    { named: /handlers/, call: (value) => opensUdp([loopback, value]), isRight: missingOrObject },
    { named: /host/, call: (host) => opensUdp([{ host }]), isRight: missingOrText },
    { named: /port/, call: (port) => opensUdp([{ ...loopback, port }]), isRight: missing },
    { named: /socket|descriptor/, call: (socket) => opensUdp([{ socket }]), isRight: missing },
    { named: /path/, call: (path) => opensUdp([{ path }]), isRight: missingOrText },
    { named: /remote/, call: (remote) => opensUdp([{ ...loopback, remote }]), isRight: missing },
    { named: /port/, call: (port) => opensUdp([{ ...loopback, remote: { port } }]) },
    { named: /host/, call: (host) => opensUdp([{ remote: { port: 1, host } }]), isRight: missingOrText },
    { named: /signal/, call: (signal) => opensUdp([{ ...loopback, signal }]), isRight: missing },
    { named: /engine/, call: (engine) => opensUdp([{ ...loopback, engine }]), isRight: missing },
    ...["reusePort", "reuseAddress", "ipv6Only"].map((name) => ({
      named: new RegExp(name),
      call: (value: unknown) => opensUdp([{ ...loopback, [name]: value }]),
      isRight: missingOrBoolean,
    })),
    ...handlers(opensUdp, ["message", "drain", "error", "close"]),
  ],
  reservePort: [
    { named: /options/, call: (value) => reserves([value]), isRight: missingOrObject },
    { named: /port/, call: (port) => reserves([{ port }]), isRight: missing },
    { named: /host/, call: (host) => reserves([{ host }]), isRight: missingOrText },
  ],
  readable: [
    { named: /socket|descriptor/, call: (value) => readable(value as never) },
    { named: /options/, call: (value) => readable(0, value as never), isRight: missingOrObject },
    {
      named: /timeout/,
      call: (value) => readable(-1, { timeout: value as never }),
      isRight: (value) => value === undefined || value === 1.5,
    },
    { named: /signal/, call: (value) => writable(0, { signal: value as never }), isRight: missing },
    { named: /engine/, call: (value) => writable(0, { engine: value as never }), isRight: missing },
  ],
  handOver: [{ named: /listener/, call: (value) => untyped(handOver)([value]) }],
  takeOver: [{ named: /options/, call: (value) => untyped(takeOver)([value]), isRight: missingOrObject }],
  listenersFromEnvironment: [
    {
      named: /options/,
      call: (value) => untyped(listenersFromEnvironment)([value]),
      isRight: missingOrObject,
    },
    {
      named: /unsetEnvironment/,
      call: (unsetEnvironment) => untyped(listenersFromEnvironment)([{ unsetEnvironment }]),
      isRight: missingOrBoolean,
    },
  ],
  engineChoice: [{ named: /engine/, call: (value) => untyped(engineChoice)([value]), isRight: missing }],
};

/** Of the wrong values, the empty array has no pieces. */
function textOrPieces(value: unknown): boolean {
  return typeof value === "string" || Array.isArray(value);
}

function isTime(value: unknown): boolean {
  return value === undefined || value === 1.5;
}

async function walk(where: string, { named, call, isRight }: Position) {
  for (const [kind, value] of wrongValues) {
    if (isRight?.(value)) continue;
    const error = await tryingAsync(() => call(value)).catch((cause) =>
      assert.fail(`${where}: ${kind}: ${call}: ${cause}`),
    );
    if (error === undefined) assert.fail(`${where}: ${kind} is taken, ${call}`);
    if (error === "its own") continue;
    assert.match(error.message, named, `${where}: ${kind}`);
    assert.match(error.code, /^ERR_(INVALID_ARG_(TYPE|VALUE)|OUT_OF_RANGE)$/, `${where}: ${kind}`);
    const isNumber = typeof value === "number";
    if (error.code === "ERR_OUT_OF_RANGE") assert.ok(isNumber, `${where}: ${kind}`);
    if (typeof value === "symbol" || typeof value === "bigint")
      assert.equal(error.code, "ERR_INVALID_ARG_TYPE", `${where}: ${kind}: ${error.message}`);
  }
}

for (const [name, all] of Object.entries(positions)) {
  test(`${name}(): errors about wrong arguments have codes, and nothing is opened`, async () => {
    // From here on, the engine has its own descriptors.
    await (await listen(loopback)).close();
    const before = openDescriptors();
    for (const position of all) await walk(name, position);
    await descriptorsAreAsBefore(before);
  });
}

test("methods: errors about wrong arguments have codes, and the connection keeps working", async (context) => {
  const fixture = new Fixture(context);
  const listener = await listen(loopback);
  const client = await connect({ address: listener.address });
  const server = await listener.accept();
  const datagrams = await udp(loopback);
  fixture.after(async () => {
    for (const each of [client, server, datagrams, listener]) await each.close();
  });
  const before = openDescriptors();
  const method = (object: object, name: string) => (args: readonly unknown[]) =>
    Reflect.apply(Reflect.get(object, name), object, [...args]);
  const wait = (call: (args: readonly unknown[]) => unknown, ...first: unknown[]): Position[] => [
    { named: /options/, call: (value) => call([...first, value]), isRight: missingOrObject },
    { named: /timeout/, call: (timeout) => call([...first, { timeout }]), isRight: isTime },
    { named: /signal/, call: (signal) => call([...first, { signal }]), isRight: missing },
  ];
  const all: readonly Position[] = [
    { named: /data/, call: (v) => method(client, "write")([v]), isRight: textOrPieces },
    { named: /data/, call: (v) => method(client, "end")([v]), isRight: missingOrText },
    ...wait(method(client, "read")),
    ...wait(method(client, "write"), "x"),
    ...wait(method(client, "end"), "x"),
    ...wait(method(client, "close")),
    { named: /options/, call: (v) => method(client, "toDuplex")([v]), isRight: missingOrObject },
    {
      named: /allowHalfOpen/,
      call: (allowHalfOpen) => method(client, "toDuplex")([{ allowHalfOpen }]),
      isRight: missingOrBoolean,
    },
    ...wait(method(listener, "accept")),
    { named: /options/, call: (v) => method(listener, "close")([v]), isRight: missingOrObject },
    { named: /drain/, call: (drain) => method(listener, "close")([{ drain }]), isRight: isTime },
    { named: /data/, call: (v) => method(datagrams, "send")([v]), isRight: (v) => typeof v === "string" },
    {
      named: /address|to/,
      call: (to) => method(datagrams, "send")(["x", to]),
      isRight: (v) => v === undefined || v === null,
    },
    ...wait(method(datagrams, "receive")),
    ...wait(method(datagrams, "close")),
    { named: /remote|host|port/, call: (v) => method(datagrams, "connect")([v]) },
    ...wait(method(datagrams, "connect"), { port: 1 }),
  ];
  for (const [index, position] of all.entries()) await walk(`method ${index}`, position);
  assert.deepEqual(openDescriptors(), before);
  assert.equal(AF.INET >= 0 && listener.closed, false);
  await client.write("still open");
  assert.equal(`${Buffer.from((await server.read()) ?? [])}`, "still open");
  await fixture.end();
});

test("methods of objects with handlers: errors about wrong arguments have codes, and the objects keep working", async (context) => {
  const fixture = new Fixture(context);
  let opened: (connection: HandledConnection) => void = () => {};
  const connection = new Promise<HandledConnection>((resolve) => {
    opened = resolve;
  });
  const server = await listen(loopback, { open: opened });
  const client = await connect({ address: server.address });
  const served = await connection;
  let received: (bytes: Uint8Array) => void = () => {};
  const datagram = new Promise<string>((resolve) => {
    received = (bytes) => resolve(`${Buffer.from(bytes)}`);
  });
  const datagrams = await udp(loopback, { message: (_, bytes) => received(bytes) });
  fixture.after(async () => {
    for (const each of [client, datagrams, server]) await each.close();
  });
  const before = openDescriptors();
  const method = (object: object, name: string) => (args: readonly unknown[]) =>
    Reflect.apply(Reflect.get(object, name), object, [...args]);
  const all: readonly Position[] = [
    { named: /data/, call: (v) => method(served, "write")([v]), isRight: textOrPieces },
    { named: /data/, call: (v) => method(served, "end")([v]), isRight: missingOrText },
    { named: /options/, call: (v) => method(served, "detach")([v]), isRight: missingOrObject },
    { named: /options/, call: (v) => method(server, "close")([v]), isRight: missingOrObject },
    { named: /drain/, call: (drain) => method(server, "close")([{ drain }]), isRight: isTime },
    { named: /data/, call: (v) => method(datagrams, "send")([v]), isRight: (v) => typeof v === "string" },
    {
      named: /address|to/,
      call: (to) => method(datagrams, "send")(["x", to]),
      isRight: (v) => v === undefined || v === null,
    },
    { named: /options/, call: (v) => method(datagrams, "close")([v]), isRight: missingOrObject },
    { named: /remote|host|port/, call: (v) => method(datagrams, "connect")([v]) },
  ];
  for (const [index, position] of all.entries()) await walk(`method ${index}`, position);
  assert.deepEqual(openDescriptors(), before);
  served.write("still open");
  assert.equal(`${Buffer.from((await client.read()) ?? [])}`, "still open");
  datagrams.send("also open", datagrams.address);
  assert.equal(await datagram, "also open");
  await fixture.end();
});

test("a Connection, a Listener or a DatagramSocket given as a socket: the error names what to pass", async () => {
  await using listener = await listen({ host: "127.0.0.1" });
  await using connection = await connect({ address: listener.address });
  await using datagrams = await udp({ host: "127.0.0.1" });
  for (const [given, message] of [
    [connection, /not Connection: pass its socket$/],
    [datagrams, /not DatagramSocket: pass its socket$/],
    [listener, /not Listener: pass one of its sockets$/],
  ] as const) {
    // @ts-expect-error it is no socket
    await assert.rejects(readable(given), { code: "ERR_INVALID_ARG_TYPE", message });
    // @ts-expect-error it is no socket
    assert.throws(() => getsockopt(given, SO.TYPE), { code: "ERR_INVALID_ARG_TYPE", message });
    // @ts-expect-error it is no socket
    await assert.rejects(udp({ socket: given }), { message: /not (Connection|DatagramSocket|Listener)$/ });
  }
  // @ts-expect-error it is no listener
  await assert.rejects(handOver(connection, connection), {
    message: /what serve\(\) returned, not Connection$/,
  });
});
