// What a client and a server of node:net do, asked of Node's own and of ours.
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import nodeNet from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { inherits } from "node:util";
import { netTest, nodeTest } from "../../../test/engine/net-test.ts";
import type { Fixture } from "../../../test/fixture.ts";
import ourNet from "./index.ts";

type Net = typeof nodeNet;

/** Runs a row on Node's own and on ours. */
function both(what: string, run: (net: Net, folder: () => string) => Promise<void>): void {
  const runRow = async (net: Net, fixture: Fixture) => {
    try {
      await run(net, () => fixture.folder());
    } finally {
      for (const server of open) server.close();
      open.clear();
    }
  };
  netTest(`berkeley/net: ${what}`, (fixture) => runRow(ourNet, fixture));
  nodeTest(`node:net: ${what}`, (fixture) => runRow(nodeNet, fixture));
}

/** Servers of the row that runs. */
const open = new Set<nodeNet.Server>();

async function listening(server: nodeNet.Server, ...args: [] | [string]): Promise<number> {
  open.add(server);
  if (args.length === 0) server.listen(0, "127.0.0.1");
  else server.listen(...args);
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function closed(server: nodeNet.Server): Promise<void> {
  server.close();
  await once(server, "close");
}

/** The events of an emitter, in order, with what `shown` makes of their arguments. */
function eventsOf(
  emitter: NodeJS.EventEmitter,
  names: readonly string[],
  shown: (value: unknown) => unknown = codeOf,
): string[] {
  const told: string[] = [];
  for (const name of names)
    emitter.on(name, (...args: unknown[]) => told.push(`${name}(${args.map(shown).join()})`));
  return told;
}

const codeOf = (value: unknown) => (value instanceof Error && "code" in value ? value.code : value);

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = nodeNet.createServer();
  const port = await listening(server);
  await closed(server);
  return port;
}

/** A dns.lookup() that knows one name. */
const lookupOf =
  (addresses: readonly { address: string; family: number }[]): nodeNet.LookupFunction =>
  (_name, options, done) => {
    setImmediate(() => {
      if (options.all) done(null, [...addresses]);
      else done(null, addresses[0]?.address ?? "", addresses[0]?.family ?? 0);
    });
  };

const stateOf = ({
  readyState,
  pending,
  connecting,
  destroyed,
  bytesRead,
  bytesWritten,
}: nodeNet.Socket) => ({
  readyState,
  pending,
  connecting,
  destroyed,
  bytesRead,
  bytesWritten,
});

both("the state of a client, from before it connects until it is closed", async (net) => {
  const server = net.createServer((socket) => socket.resume().end("four"));
  const port = await listening(server);
  const client = new net.Socket();
  assert.ok(client instanceof nodeNet.Socket);
  const idle = { connecting: false, destroyed: false, bytesRead: 0, bytesWritten: 0 };
  assert.deepEqual(stateOf(client), { ...idle, readyState: "open", pending: true });
  assert.deepEqual(client.address(), {});
  client.connect(port, "127.0.0.1");
  client.write("hello");
  const connecting = { ...idle, connecting: true, readyState: "opening", pending: true, bytesWritten: 5 };
  assert.deepEqual(stateOf(client), connecting);
  assert.equal(client.remoteAddress, undefined);
  let connected: unknown;
  client.once("connect", () => {
    connected = stateOf(client);
  });
  await once(client, "connect");
  assert.deepEqual(connected, { ...connecting, connecting: false, readyState: "open", pending: false });
  const { remoteAddress, remotePort, remoteFamily, localAddress, localFamily } = client;
  assert.deepEqual(
    { remoteAddress, remotePort, remoteFamily, localAddress, localFamily },
    {
      remoteAddress: "127.0.0.1",
      remotePort: port,
      remoteFamily: "IPv4",
      localAddress: "127.0.0.1",
      localFamily: "IPv4",
    },
  );
  assert.deepEqual(client.address(), { address: "127.0.0.1", family: "IPv4", port: client.localPort });
  client.resume();
  await once(client, "close");
  const end = { readyState: "closed", pending: true, connecting: false, destroyed: true };
  assert.deepEqual(stateOf(client), { ...end, bytesRead: 4, bytesWritten: 5 });
  assert.equal(client.remoteAddress, "127.0.0.1");
  assert.equal(client.localAddress, undefined);
  await closed(server);
});

both("the events of a client, in order", async (net) => {
  const server = net.createServer((socket) => socket.resume().end("four"));
  const port = await listening(server);
  const client = net.connect({ port, host: "name", lookup: lookupOf([{ address: "127.0.0.1", family: 4 }]) });
  const names = [
    "lookup",
    "connectionAttempt",
    "connect",
    "ready",
    "data",
    "end",
    "finish",
    "error",
    "close",
  ];
  const told = eventsOf(client, names, (value) => (value instanceof Uint8Array ? value.length : value));
  await once(client, "close");
  assert.deepEqual(told, [
    "lookup(,127.0.0.1,4,name)",
    `connectionAttempt(127.0.0.1,${port},4)`,
    "connect()",
    "ready()",
    "data(4)",
    "end()",
    "finish()",
    "close(false)",
  ]);
  await closed(server);
});

both("a refused connection", async (net) => {
  const port = await closedPort();
  const client = net.connect(port, "127.0.0.1");
  const told = eventsOf(client, [
    "connectionAttempt",
    "connectionAttemptFailed",
    "connect",
    "error",
    "close",
  ]);
  const [error] = await once(client, "error");
  const { code, syscall, address, port: on } = error;
  assert.deepEqual(
    { code, syscall, address, on },
    { code: "ECONNREFUSED", syscall: "connect", address: "127.0.0.1", on: port },
  );
  assert.ok(error.message.startsWith(`connect ECONNREFUSED 127.0.0.1:${port}`));
  await once(client, "close");
  assert.deepEqual(told, [
    `connectionAttempt(127.0.0.1,${port},4)`,
    `connectionAttemptFailed(127.0.0.1,${port},4,ECONNREFUSED)`,
    "error(ECONNREFUSED)",
    "close(true)",
  ]);
});

both("the second address of a name", async (net) => {
  const server = net.createServer((socket) => socket.resume().end());
  const port = await listening(server);
  const lookup = lookupOf([
    { address: "::1", family: 6 },
    { address: "127.0.0.1", family: 4 },
  ]);
  const client = net.connect({ port, host: "name", lookup, autoSelectFamily: true });
  await once(client, "connect");
  assert.equal(client.remoteAddress, "127.0.0.1");
  assert.deepEqual(client.autoSelectFamilyAttemptedAddresses, [`::1:${port}`, `127.0.0.1:${port}`]);
  client.destroy();
  await closed(server);
});

both("no address of a name", async (net) => {
  const port = await closedPort();
  const lookup = lookupOf([
    { address: "127.0.0.2", family: 4 },
    { address: "127.0.0.1", family: 4 },
  ]);
  const [error] = await once(net.connect({ port, host: "name", lookup, autoSelectFamily: true }), "error");
  assert.equal(error.name, "AggregateError");
  assert.equal(error.code, "ECONNREFUSED");
  assert.deepEqual(
    error.errors.map((each: NodeJS.ErrnoException) => each.code),
    ["ECONNREFUSED", "ECONNREFUSED"],
  );
});

both("destroy() while it connects", async (net) => {
  const server = net.createServer((socket) => socket.resume());
  const port = await listening(server);
  const client = net.connect(port, "127.0.0.1");
  const told = eventsOf(client, ["connect", "error", "close"]);
  client.write("x", (error) => told.push(`written(${codeOf(error)})`));
  client.destroy();
  await once(client, "close");
  assert.deepEqual(told, ["close(false)", "written(ERR_SOCKET_CLOSED_BEFORE_CONNECTION)"].toSorted());
  await closed(server);
});

both("a client that connects again once it is closed", async (net) => {
  const server = net.createServer((socket) => socket.resume().end("again"));
  const port = await listening(server);
  const client = new net.Socket().setEncoding("latin1");
  for (let times = 0; times < 2; times++) {
    client.connect(port, "127.0.0.1");
    const [text] = await once(client, "data");
    assert.equal(text, "again");
    await once(client, "close");
  }
  await closed(server);
});

const malformed: readonly (readonly [what: string, args: readonly unknown[], code: string])[] = [
  ["nothing", [], "ERR_MISSING_ARGS"],
  ["options without a port", [{}], "ERR_MISSING_ARGS"],
  ["a port that is too large", [65_536], "ERR_SOCKET_BAD_PORT"],
  ["a negative port", [{ port: -1 }], "ERR_SOCKET_BAD_PORT"],
  ["a port of the wrong type", [{ port: true }], "ERR_INVALID_ARG_TYPE"],
  ["a null port", [{ port: null }], "ERR_INVALID_ARG_TYPE"],
  ["a host of the wrong type", [{ port: 1, host: 1 }], "ERR_INVALID_ARG_TYPE"],
  ["a path of the wrong type", [{ path: 1 }], "ERR_INVALID_ARG_TYPE"],
  ["a local address that is none", [{ port: 1, localAddress: "here" }], "ERR_INVALID_IP_ADDRESS"],
  ["a local port of the wrong type", [{ port: 1, localPort: "1" }], "ERR_INVALID_ARG_TYPE"],
  ["a lookup that is no function", [{ port: 1, host: "name", lookup: 1 }], "ERR_INVALID_ARG_TYPE"],
  ["autoSelectFamily of the wrong type", [{ port: 1, autoSelectFamily: 1 }], "ERR_INVALID_ARG_TYPE"],
  ["an attempt timeout of 0", [{ port: 1, autoSelectFamilyAttemptTimeout: 0 }], "ERR_OUT_OF_RANGE"],
];

for (const [what, args, code] of malformed) {
  both(`connect() with ${what}: ${code}`, async (net) => {
    const client = new net.Socket();
    assert.throws(() => Reflect.apply(client.connect, client, args), { code });
    client.destroy();
  });
}

both("a unix socket", async (net, folder) => {
  const path = join(folder(), "socket");
  const server = net.createServer((socket) => socket.resume().end("by path"));
  await listening(server, path);
  assert.equal(server.address(), path);
  const client = net.connect(path).setEncoding("latin1");
  const [text] = await once(client, "data");
  assert.equal(text, "by path");
  assert.equal(client.remoteAddress, undefined);
  await closed(server);
  assert.ok(!existsSync(path));
  const [error] = await once(net.connect(path), "error");
  assert.deepEqual([error.code, error.syscall, error.address], ["ENOENT", "connect", path]);
});

both("a port that is in use", async (net) => {
  const server = net.createServer((socket) => socket.resume());
  const port = await listening(server);
  const second = net.createServer();
  second.listen(port, "127.0.0.1");
  const [error] = await once(second, "error");
  const { code, syscall, address, port: on } = error;
  assert.deepEqual(
    { code, syscall, address, on },
    { code: "EADDRINUSE", syscall: "listen", address: "127.0.0.1", on: port },
  );
  assert.ok(error.message.startsWith(`listen EADDRINUSE: address already in use 127.0.0.1:${port}`));
  assert.equal(second.listening, false);
  await closed(server);
});

both("a server that listens again as soon as it is closed", async (net) => {
  const server = net.createServer((socket) => socket.resume());
  const port = await listening(server);
  assert.throws(() => server.listen(port), { code: "ERR_SERVER_ALREADY_LISTEN" });
  await closed(server);
  assert.equal(server.listening, false);
  assert.equal(server.address(), null);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const closing = new Promise((resolve) => server.close(resolve));
  server.close((error) => assert.equal(codeOf(error), "ERR_SERVER_NOT_RUNNING"));
  assert.equal(await closing, undefined);
});

both("a server that has all the connections it may have", async (net) => {
  const server = net.createServer((socket) => socket.resume());
  server.maxConnections = 1;
  const port = await listening(server);
  const first = net.connect(port, "127.0.0.1");
  await once(server, "connection");
  const second = net.connect(port, "127.0.0.1").resume();
  let secondPort: number | undefined;
  second.once("connect", () => {
    secondPort = second.localPort;
  });
  const ended = once(second, "close");
  const [dropped] = await once(server, "drop");
  await ended;
  assert.equal(dropped.remotePort, secondPort);
  assert.equal(dropped.localPort, port);
  assert.equal(await new Promise((resolve) => server.getConnections((_, count) => resolve(count))), 1);
  first.destroy();
  await closed(server);
});

both("received bytes in a buffer of the program's", async (net) => {
  const message = Buffer.from("one two three four");
  const server = net.createServer((socket) => socket.resume().end(message));
  const port = await listening(server);
  const buffer = Buffer.alloc(4);
  let text = "";
  const callback = function (this: unknown, count: number, bytes: Uint8Array): boolean {
    assert.equal(bytes, buffer);
    text += buffer.toString("latin1", 0, count);
    // Every other piece stops it.
    if (text.length % 8 !== 0) return true;
    setImmediate(() => client.resume());
    return false;
  };
  const client = net.connect({ port, host: "127.0.0.1", onread: { buffer, callback } });
  client.on("data", () => assert.fail("there is no such event"));
  await once(client, "end");
  assert.equal(text, `${message}`);
  await closed(server);
});

both("an idle client times out", async (net) => {
  const server = net.createServer((socket) => socket.resume());
  const port = await listening(server);
  const client = net.connect({ port, host: "127.0.0.1", timeout: 5 });
  assert.equal(client.timeout, 5);
  await once(client, "timeout");
  client.destroy();
  await closed(server);
});

both("strings of every encoding, alone and corked", async (net) => {
  const encodings = ["utf8", "latin1", "ascii", "hex", "base64", "utf16le"] as const;
  const text = "4a4b";
  const expected = Buffer.concat(encodings.map((encoding) => Buffer.from(text, encoding)));
  for (const corked of [false, true]) {
    const server = net.createServer((socket) => {
      if (corked) socket.cork();
      for (const encoding of encodings) socket.write(text, encoding);
      socket.end(Buffer.from("end"));
    });
    const client = net.connect(await listening(server), "127.0.0.1");
    const pieces: Buffer[] = [];
    for await (const piece of client) pieces.push(piece);
    assert.deepEqual(Buffer.concat(pieces), Buffer.concat([expected, Buffer.from("end")]));
    assert.equal(client.bytesRead, expected.length + 3);
    await closed(server);
  }
});

both("large writes in both directions, with back-pressure", async (net) => {
  const size = 8 << 20;
  const bytes = Buffer.alloc(size, "0123456789abcdef");
  const server = net.createServer((socket) => socket.pipe(socket));
  const client = net.connect(await listening(server), "127.0.0.1");
  let waited = false;
  client.end(Buffer.concat([bytes]), () => {
    waited = true;
  });
  const pieces: Buffer[] = [];
  for await (const piece of client) pieces.push(piece);
  assert.ok(Buffer.concat(pieces).equals(bytes));
  assert.ok(waited);
  assert.equal(client.bytesWritten, size);
  await closed(server);
});

both("the ways to make a Socket and a Server", async (net) => {
  class Derived extends net.Socket {
    readonly own = 1;
  }
  function Old(this: nodeNet.Socket) {
    Reflect.apply(net.Socket, this, [{ allowHalfOpen: true }]);
  }
  inherits(Old, net.Socket);
  const sockets: nodeNet.Socket[] = [
    new net.Socket(),
    Reflect.apply(net.Socket, undefined, []),
    new Derived(),
    Reflect.construct(Old, []),
  ];
  const server: nodeNet.Server = Reflect.apply(net.Server, undefined, [
    (socket: nodeNet.Socket) => socket.resume().end("hello"),
  ]);
  assert.ok(server instanceof net.Server && server instanceof nodeNet.Server);
  const port = await listening(server);
  for (const socket of sockets) {
    assert.ok(socket instanceof net.Socket && socket instanceof nodeNet.Socket);
    socket.setEncoding("latin1").connect(port, "127.0.0.1");
    const [text] = await once(socket, "data");
    assert.equal(text, "hello");
    socket.destroy();
  }
  await closed(server);
});

netTest("berkeley/net: whose handle is asked for as soon as it connects goes back to Node", async () => {
  const server = ourNet.createServer((socket) => socket.end("hello").resume());
  const port = await listening(server);
  const ours = ourNet.connect(port, "127.0.0.1").setNoDelay(true).setKeepAlive(true).resume();
  const nodes = ourNet.connect(port, "127.0.0.1").setEncoding("latin1");
  assert.ok(Reflect.get(nodes, "_handle"));
  const [text] = await once(nodes, "data");
  assert.equal(text, "hello");
  assert.equal(Object.getPrototypeOf(nodes), nodeNet.Socket.prototype);
  assert.notEqual(Object.getPrototypeOf(ours), nodeNet.Socket.prototype);
  await closed(server);
});

test("berkeley/net exports what node:net does", () => {
  assert.deepEqual(Object.keys(ourNet).toSorted(), Object.keys(nodeNet).toSorted());
});

both("`close` comes after the immediates that were set before it, and before later ones", async (net) => {
  const server = net.createServer();
  const port = await listening(server);
  const client = net.connect(port, "127.0.0.1");
  const [[socket]] = await Promise.all([once(server, "connection"), once(client, "connect")]);
  // Not in a callback of the socket's own.
  await new Promise((resolve) => setTimeout(resolve, 0));
  const told = eventsOf(socket, ["close"], () => "");
  socket.destroy();
  await new Promise<void>((resolve) => {
    setImmediate(() => {
      told.push("first");
      setImmediate(() => {
        told.push("second");
        resolve();
      });
    });
  });
  assert.deepEqual(told, ["first", "close()", "second"]);
  client.destroy();
  await closed(server);
});
