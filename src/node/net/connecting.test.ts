// How clients connect, in node:net and in berkeley/net.
import assert from "node:assert/strict";
import { once } from "node:events";
import nodeNet from "node:net";
import { both, closed, closedPort, codeOf, eventsOf, listening, lookupOf } from "../../../test/both-nets.ts";
import { netTest } from "../../../test/engine/net-test.ts";
import ourNet from "./index.ts";

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

netTest(
  "berkeley/net: a Socket whose handle is read right after connect() becomes Node's again",
  async () => {
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
  },
);
