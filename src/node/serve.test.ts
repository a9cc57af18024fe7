import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import nodeNet from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setImmediate as turn } from "node:timers/promises";
import tls from "node:tls";
import { netTest } from "../../test/engine/net-test.ts";
import { pskClient, pskServer } from "../../test/psk.ts";
import { reservePort } from "../net/listener/reserve-port.ts";
import { serve } from "./serve.ts";

const host = "127.0.0.1";

/** Requests `/`, on a separate connection or an agent's. */
async function get(port: number, agent?: http.Agent): Promise<{ body: string; reused: boolean }> {
  const request = http.get({ port, host, agent: agent ?? false });
  const [response] = await once(request, "response");
  return { body: await text(response), reused: request.reusedSocket };
}

/** Sends bytes and returns everything that the server answers. */
function exchange(port: number, bytes: string): Promise<string> {
  const client = nodeNet.connect(port, host, () => client.write(bytes));
  return text(client);
}

const hello = () => http.createServer((request, response) => response.end(`hello ${request.url}`));

netTest("serve: an HTTP server", async () => {
  const server = http.createServer((request, response) => response.end(request.socket.remoteAddress));
  const served = await serve(server, { host, backlog: 7 });
  assert.equal(server.listening, true);
  assert.equal(served.server, server);
  assert.deepEqual(server.address(), { address: host, family: "IPv4", port: served.port });
  assert.equal((await get(served.port)).body, host);
  assert.equal(served.sockets.length, 1);
  assert.equal(served.backlog.requested, 7);
  assert.equal(served.queue?.limit, 7);
  assert.equal(served.stats.accepted, 1);
  await served.close();
  assert.equal(server.listening, false);
  assert.equal(served.closed, true);
  assert.equal(server.address(), null);
  await served.close();
});

netTest("serve: keep-alive, and closing idle connections", async () => {
  const server = hello();
  await using served = await serve(server, { host });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  assert.deepEqual(await get(served.port, agent), { body: "hello /", reused: false });
  await turn();
  assert.deepEqual(await get(served.port, agent), { body: "hello /", reused: true });
  assert.equal(served.connections, 1);
  const count = await new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
  assert.equal(count, 1);
  const [socket] = Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? []);
  if (socket === undefined) throw new Error("the connection is not kept");
  const closed = once(socket, "close");
  server.closeIdleConnections();
  await closed;
  agent.destroy();
});

netTest("serve: pipelined requests are answered in order", async () => {
  await using served = await serve(hello(), { host });
  const one = (path: string, last = "") => `GET ${path} HTTP/1.1\r\nHost: x\r\n${last}\r\n`;
  const answers = await exchange(served.port, one("/1") + one("/2") + one("/3", "Connection: close\r\n"));
  assert.deepEqual(answers.match(/hello \/\d/g), ["hello /1", "hello /2", "hello /3"]);
});

netTest("serve: a slow client gets 408, as from the server's own listen()", async () => {
  const server = http.createServer({ headersTimeout: 20, connectionsCheckingInterval: 10 }, () => {});
  await using served = await serve(server, { host });
  assert.match(await exchange(served.port, "GET / HTTP/1.1\r\n"), /^HTTP\/1.1 408 /);
});

netTest("serve: a slow body gets 408", async () => {
  const options = { headersTimeout: 10, requestTimeout: 20, connectionsCheckingInterval: 10 };
  await using served = await serve(
    http.createServer(options, () => {}),
    { host },
  );
  const request = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nbegin";
  assert.match(await exchange(served.port, request), /^HTTP\/1.1 408 /);
});

netTest("serve: 100-continue", async () => {
  const server = http.createServer(async (request, response) => response.end(await text(request)));
  await using served = await serve(server, { host });
  const headers = { expect: "100-continue" };
  const request = http.request({ port: served.port, host, method: "POST", headers, agent: false });
  request.flushHeaders();
  await once(request, "continue");
  request.end("body");
  const [response] = await once(request, "response");
  assert.equal(await text(response), "body");
});

netTest("serve: an upgrade", async () => {
  const server = http.createServer().on("upgrade", (_, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
    socket.pipe(socket);
  });
  await using served = await serve(server, { host });
  const headers = { connection: "upgrade", upgrade: "echo" };
  const request = http.get({ port: served.port, host, headers });
  const [response, socket] = await once(request, "upgrade");
  assert.equal(response.statusCode, 101);
  socket.end("echoed");
  assert.equal(await text(socket), "echoed");
});

netTest("serve: the server's own close() waits for its connections", async () => {
  const server = nodeNet.createServer();
  const served = await serve(server, { host });
  const client = nodeNet.connect(served.port, host);
  await once(server, "connection");
  const closed = new Promise((resolve) => server.close(resolve));
  assert.equal(server.listening, false);
  assert.equal(served.connections, 1);
  client.end();
  assert.equal(await closed, undefined);
  assert.equal(served.closed, true);
});

netTest("serve: localhost, on each of its addresses", async () => {
  const server = nodeNet.createServer((socket) => socket.pipe(socket));
  await using served = await serve(server, { host: "localhost" });
  for (const address of served.addresses) {
    assert.ok(address.family === "ipv4" || address.family === "ipv6");
    const client = nodeNet.connect(address.port, address.address, () => client.end("echoed"));
    assert.equal(await text(client), "echoed");
  }
});

netTest("serve: a unix socket", async (fixture) => {
  const path = join(fixture.folder(), "socket");
  const server = nodeNet.createServer((socket) => socket.resume().end("hello"));
  const served = await serve(server, { path });
  assert.equal(server.address(), path);
  assert.equal(await text(nodeNet.connect(path)), "hello");
  await served.close();
  assert.equal(nodeNet.connect(path).once("error", () => {}).destroyed, false);
});

netTest("serve: a reserved port", async () => {
  const reserved = await reservePort({ host });
  const { port } = reserved;
  await using served = await serve(hello(), { socket: reserved });
  assert.equal(served.port, port);
  assert.equal((await get(port)).body, "hello /");
});

netTest("serve: a server that was closed listens again", async () => {
  const server = hello();
  for (let times = 0; times < 2; times++) {
    const served = await serve(server, { host });
    assert.equal((await get(served.port)).body, "hello /");
    await served.closeGracefully();
    assert.equal(server.listenerCount("connection"), 1);
  }
});

netTest("serve: https, with the peer's address", async () => {
  const server = https.createServer(pskServer, (request, response) =>
    response.end(request.socket.remoteAddress),
  );
  await using served = await serve(server, { host });
  const request = https.get({ ...pskClient, port: served.port, host, agent: false });
  const [response] = await once(request, "response");
  assert.equal(await text(response), host);
  assert.equal(await served.closeGracefully(), 0);
});

netTest("serve: tls", async () => {
  const server = tls.createServer(pskServer, (socket) => socket.end(socket.remoteAddress ?? ""));
  await using served = await serve(server, { host });
  assert.equal(await text(tls.connect({ ...pskClient, port: served.port, host })), host);
});

for (const [name, create, scheme] of [
  ["h2c", () => http2.createServer(), "http"],
  ["http2 over TLS", () => http2.createSecureServer(pskServer), "https"],
] as const) {
  netTest(`serve: ${name}`, async () => {
    const server = create();
    server.on("stream", (stream) => {
      stream.respond({ ":status": 200 });
      stream.end(stream.session?.socket.remoteAddress);
    });
    const served = await serve(server, { host });
    const client = http2.connect(`${scheme}://${host}:${served.port}`, pskClient);
    const stream = client.request({ ":path": "/" });
    assert.equal(await text(stream), host);
    const closed = once(client, "close");
    assert.equal(await served.closeGracefully(), 0);
    await closed;
  });
}

netTest("serve: a signal closes it, and an aborted one opens nothing", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const server = hello();
  await serve(server, { host, signal });
  const closed = once(server, "close");
  controller.abort();
  await closed;
  assert.equal(server.listening, false);
  await assert.rejects(serve(server, { host, signal }), { name: "AbortError" });
  assert.equal(server.listening, false);
});

netTest("serve: a signal that aborts while it opens", async () => {
  for (const host of ["127.0.0.1", "localhost"]) {
    const controller = new AbortController();
    const server = hello();
    const serving = serve(server, { host, signal: controller.signal });
    controller.abort();
    await assert.rejects(serving, { name: "AbortError" });
    assert.equal(server.listening, false);
  }
});

netTest("serve: a port in use, and who holds it", async () => {
  await using served = await serve(hello(), { host });
  const other = hello();
  await assert.rejects(serve(other, { host, port: served.port }), (error) => {
    assert.ok(error instanceof Error && "code" in error && "syscall" in error);
    assert.equal(error.code, "EADDRINUSE");
    assert.ok(error.message.includes(`${host}:${served.port}`), error.message);
    return true;
  });
  assert.equal(other.listening, false);
  await (await serve(other, { host })).close();
});

netTest("serve: a server that already listens keeps listening", async (fixture) => {
  const server = hello();
  await using served = await serve(server, { host });
  const path = join(fixture.folder(), "socket");
  const already = { code: "ERR_SERVER_ALREADY_LISTEN" };
  await assert.rejects(serve(server, { path }), already);
  assert.equal((await get(served.port)).body, "hello /");
  const both = hello();
  const results = await Promise.allSettled([serve(both, { host }), serve(both, { path })]);
  assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  for (const result of results) if (result.status === "fulfilled") await result.value.close();
  const native = nodeNet.createServer().listen(0, host);
  await once(native, "listening");
  await assert.rejects(serve(native, { path }), already);
  native.close();
});

netTest("serve: rejects what is not a server, and malformed options", async () => {
  const server = hello();
  for (const wrong of [{}, undefined, new nodeNet.Socket(), () => {}])
    await assert.rejects(Reflect.apply(serve, undefined, [wrong, {}]), { code: "ERR_INVALID_ARG_TYPE" });
  await assert.rejects(serve(server, { port: -1 }), { code: "ERR_OUT_OF_RANGE" });
  assert.equal(server.listening, false);
  await using served = await serve(server, { host });
  await assert.rejects(served.closeGracefully({ timeout: -1 }), { code: "ERR_OUT_OF_RANGE" });
  await assert.rejects(served.close({ drain: -1 }), { code: "ERR_OUT_OF_RANGE" });
});
