import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import nodeNet from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { netTest } from "../../test/engine/net-test.ts";
import { serve } from "./serve.ts";

/** Asks for `/`, on a connection of its own or an agent's. */
async function get(port: number, agent?: http.Agent): Promise<{ body: string; connection: unknown }> {
  const request = http.get({ port, host: "127.0.0.1", ...(agent && { agent }) });
  const [response] = await once(request, "response");
  return { body: await text(response), connection: response.headers.connection };
}

netTest("serve: an HTTP server", async () => {
  const server = http.createServer((request, response) => response.end(request.socket.remoteAddress));
  const served = await serve(server, { host: "127.0.0.1", backlog: 7 });
  assert.equal(server.listening, true);
  assert.deepEqual(server.address(), { address: "127.0.0.1", family: "IPv4", port: served.port });
  assert.equal((await get(served.port)).body, "127.0.0.1");
  assert.equal(served.sockets.length, 1);
  await assert.rejects(serve(server, { host: "127.0.0.1" }), { code: "ERR_INVALID_STATE" });
  await served.close();
  assert.equal(server.listening, false);
  assert.equal(served.closed, true);
});

netTest("serve: localhost, on every address of it", async () => {
  const server = nodeNet.createServer((socket) => socket.resume().end("hello"));
  await using served = await serve(server, { host: "localhost" });
  for (const address of served.addresses) {
    assert.ok(address.family === "ipv4" || address.family === "ipv6");
    const client = nodeNet.connect(address.port, address.address);
    assert.equal(await text(client), "hello");
  }
});

netTest("serve: a unix socket", async (fixture) => {
  const path = join(fixture.folder(), "socket");
  const server = nodeNet.createServer((socket) => socket.resume().end("hello"));
  const served = await serve(server, { path });
  assert.equal(server.address(), path);
  assert.equal(await text(nodeNet.connect(path)), "hello");
  await served.close();
});

netTest("serve: a slow client is told 408, as by the server's own listen()", async () => {
  const server = http.createServer({ headersTimeout: 20, connectionsCheckingInterval: 10 }, () => {});
  await using served = await serve(server, { host: "127.0.0.1" });
  const client = nodeNet.connect(served.port, "127.0.0.1", () => client.write("GET / HTTP/1.1\r\n"));
  assert.match(await text(client), /^HTTP\/1.1 408 /);
});

netTest("serve: https, with the peer's address", async () => {
  // A key that both have, in the place of a certificate.
  const psk = Buffer.alloc(32, 1);
  const settings = { ciphers: "PSK", maxVersion: "TLSv1.2" } as const;
  const server = https.createServer(
    { ...settings, pskIdentityHint: "x", pskCallback: () => psk },
    (request, response) => response.end(request.socket.remoteAddress),
  );
  await using served = await serve(server, { host: "127.0.0.1" });
  const options = {
    ...settings,
    pskCallback: () => ({ psk, identity: "me" }),
    port: served.port,
    host: "127.0.0.1",
    agent: false,
    checkServerIdentity: () => undefined,
  } as const;
  const request = https.get(options);
  const [response] = await once(request, "response");
  assert.equal(await text(response), "127.0.0.1");
  await served.closeGracefully();
});

netTest("serve: closeGracefully() ends idle connections, and the others after their answer", async () => {
  const waiting: http.ServerResponse[] = [];
  const server = http.createServer((request, response) => {
    if (request.url === "/") response.end("at once");
    else waiting.push(response);
  });
  const served = await serve(server, { host: "127.0.0.1" });
  const agent = new http.Agent({ keepAlive: true });
  await get(served.port, agent);
  const request = http.get({ port: served.port, host: "127.0.0.1", path: "/later", agent });
  while (waiting.length === 0) await new Promise(setImmediate);
  const closed = served.closeGracefully();
  waiting[0]?.end("later");
  const [response] = await once(request, "response");
  assert.equal(response.headers.connection, "close");
  assert.equal(await text(response), "later");
  await closed;
  agent.destroy();
});

netTest("serve: closeGracefully() closes what has not ended in time", async () => {
  const server = http.createServer(() => {});
  const served = await serve(server, { host: "127.0.0.1" });
  const request = http.get({ port: served.port, host: "127.0.0.1", agent: false });
  await once(server, "request");
  const failed = once(request, "error");
  await served.closeGracefully({ timeout: 10 });
  const [error] = await failed;
  assert.equal(error.code, "ECONNRESET");
});

netTest("serve: a signal closes it", async () => {
  const controller = new AbortController();
  const server = http.createServer();
  await serve(server, { host: "127.0.0.1", signal: controller.signal });
  const closed = once(server, "close");
  controller.abort();
  await closed;
  assert.equal(server.listening, false);
});

netTest("serve: what is no server, and malformed options", async () => {
  const server = http.createServer();
  await assert.rejects(Reflect.apply(serve, undefined, [{}, {}]), { code: "ERR_INVALID_ARG_TYPE" });
  await assert.rejects(serve(server, { port: -1 }), { code: "ERR_OUT_OF_RANGE" });
  assert.equal(server.listening, false);
});
