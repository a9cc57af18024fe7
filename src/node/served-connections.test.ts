import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import nodeNet from "node:net";
import { text } from "node:stream/consumers";
import { setImmediate as turn } from "node:timers/promises";
import { netTest } from "../../test/engine/net-test.ts";
import { pskClient, pskServer } from "../../test/psk.ts";
import { serve } from "./serve.ts";

const host = "127.0.0.1";

netTest("closeGracefully: idle connections end, and others after their response", async () => {
  const waiting: http.ServerResponse[] = [];
  const server = http.createServer((request, response) => {
    if (request.url === "/") response.end("at once");
    else waiting.push(response);
  });
  const served = await serve(server, { host });
  const agent = new http.Agent({ keepAlive: true });
  const first = http.get({ port: served.port, host, agent });
  await text((await once(first, "response"))[0]);
  const unused = nodeNet.connect(served.port, host);
  await once(unused, "connect");
  const request = http.get({ port: served.port, host, path: "/later", agent: false });
  while (waiting.length === 0) await turn();
  const closed = served.closeGracefully();
  waiting[0]?.end("later");
  const [response] = await once(request, "response");
  assert.equal(response.headers.connection, "close");
  assert.equal(await text(response), "later");
  assert.equal(await closed, 0);
  assert.equal(await served.closeGracefully(), 0);
  agent.destroy();
  unused.destroy();
});

netTest("closeGracefully: a request that soon arrives on an idle connection is answered", async () => {
  const served = await serve(
    http.createServer((request, response) => response.end(request.url)),
    { host },
  );
  const client = nodeNet.connect(served.port, host);
  const ask = (path: string) => client.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  ask("/first");
  await once(client, "data");
  const closed = served.closeGracefully();
  while (!served.closed) await turn();
  for (let turns = 0; turns < 5; turns++) await turn();
  ask("/second");
  assert.match(await text(client), /connection: close\r\n[\s\S]*\/second$/i);
  assert.equal(await closed, 0);
});

netTest("closeGracefully: requests that take too long still get 408", async () => {
  const options = { headersTimeout: 20, connectionsCheckingInterval: 60_000 };
  const server = http.createServer(options, () => {});
  const served = await serve(server, { host });
  const client = nodeNet.connect(served.port, host, () => client.write("GET / HTTP/1.1\r\n"));
  await once(server, "connection");
  const closed = served.closeGracefully();
  assert.match(await text(client), /^HTTP\/1.1 408 /);
  assert.equal(await closed, 0);
});

netTest("closeGracefully: an HTTP/2 session is closed even if its client ignores GOAWAY", async () => {
  const server = http2.createServer();
  const served = await serve(server, { host });
  const client = nodeNet.connect(served.port, host);
  // The preface, and a frame of no settings.
  client.write(Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", "latin1"));
  await once(server, "session");
  client.resume();
  const ended = once(client, "end");
  assert.equal(await served.closeGracefully(), 0);
  await ended;
  client.destroy();
});

netTest("closeGracefully: pipelined requests are all answered", async () => {
  const waiting: http.ServerResponse[] = [];
  const server = http.createServer((_, response) => waiting.push(response));
  const served = await serve(server, { host });
  const client = nodeNet.connect(served.port, host);
  client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(3));
  while (waiting.length < 3) await turn();
  const closed = served.closeGracefully();
  for (const [index, response] of waiting.entries()) response.end(`answer ${index}`);
  const answers = await text(client);
  assert.deepEqual(answers.match(/answer \d/g), ["answer 0", "answer 1", "answer 2"]);
  assert.equal(answers.match(/connection: close/gi)?.length, 1);
  assert.equal(await closed, 0);
});

netTest("closeGracefully: a response that has started is sent whole", async () => {
  const size = 8 << 20;
  const server = http.createServer((_, response) => response.end(Buffer.alloc(size)));
  const served = await serve(server, { host });
  const request = http.get({ port: served.port, host, agent: new http.Agent({ keepAlive: true }) });
  const [response] = await once(request, "response");
  const closed = served.closeGracefully();
  await turn();
  let received = 0;
  for await (const piece of response) received += piece.length;
  assert.equal(received, size);
  assert.equal(await closed, 0);
});

for (const [name, create, ask] of [
  ["http", http.createServer, http],
  ["https", (listener: http.RequestListener) => https.createServer(pskServer, listener), https],
] as const) {
  netTest(`closeGracefully: no request of ${name} is refused or cut under load`, async () => {
    const server = create((_, response) => response.end("hello"));
    const served = await serve(server, { host });
    const agent = new ask.Agent({ keepAlive: true });
    let answered = 0;
    const run = async () => {
      for (;;) {
        const request = ask.get({ ...pskClient, port: served.port, host, agent });
        const [response] = await once(request, "response");
        assert.equal(await text(response), "hello");
        answered += 1;
        // A client would now open a new connection.
        if (response.headers.connection === "close") return;
      }
    };
    const clients = Array.from({ length: 20 }, run);
    while (answered < 200) await turn();
    const closed = served.closeGracefully();
    await Promise.all(clients);
    assert.equal(await closed, 0);
    agent.destroy();
  });
}

netTest("closeGracefully: connections that wait to be accepted are answered", async () => {
  const server = http.createServer((_, response) => response.end("hello"));
  const served = await serve(server, { host });
  served.pause();
  const agent = new http.Agent();
  const bodies = Array.from({ length: 5 }, async () => {
    const [response] = await once(http.get({ port: served.port, host, agent }), "response");
    return text(response);
  });
  while ((served.queue?.pending ?? 0) < 5) await turn();
  const closed = served.closeGracefully();
  assert.deepEqual(await Promise.all(bodies), Array(5).fill("hello"));
  assert.equal(await closed, 0);
});

netTest("closeGracefully: a timeout destroys and counts the remaining connections", async () => {
  const server = http.createServer(() => {});
  const served = await serve(server, { host });
  const requests = [1, 2].map(() => http.get({ port: served.port, host, agent: false }));
  const failed = Promise.all(requests.map((request) => once(request, "error")));
  while (served.connections < 2) await turn();
  assert.equal(await served.closeGracefully({ timeout: 10 }), 2);
  for (const [error] of await failed) assert.equal(error.code, "ECONNRESET");
});

netTest("closeGracefully: a timeout destroys connections of https and of http2", async () => {
  const secure = await serve(
    https.createServer(pskServer, () => {}),
    { host },
  );
  const request = https.get({ ...pskClient, port: secure.port, host, agent: false });
  const failed = once(request, "error");
  await once(secure.server, "request");
  assert.equal(await secure.closeGracefully({ timeout: 0 }), 1);
  await failed;
  const server = http2.createSecureServer(pskServer);
  const served = await serve(server, { host });
  const client = http2.connect(`https://${host}:${served.port}`, pskClient).on("error", () => {});
  const stream = client.request().on("error", () => {});
  await once(server, "stream");
  const closed = once(client, "close");
  assert.equal(await served.closeGracefully({ timeout: 0 }), 1);
  await closed;
  stream.destroy();
});

netTest("closeGracefully: streams of HTTP/2 end before their session", async () => {
  const server = http2.createServer();
  const streams: http2.ServerHttp2Stream[] = [];
  server.on("stream", (stream) => streams.push(stream));
  const served = await serve(server, { host });
  const client = http2.connect(`http://${host}:${served.port}`);
  const stream = client.request();
  while (streams.length === 0) await turn();
  const gone = once(client, "goaway");
  const closed = served.closeGracefully();
  await gone;
  streams[0]?.respond({ ":status": 200 });
  streams[0]?.end("whole");
  assert.equal(await text(stream), "whole");
  assert.equal(await closed, 0);
});

netTest("closeGracefully: connections of a net server are waited for", async () => {
  const server = nodeNet.createServer((socket) => socket.pipe(socket));
  const served = await serve(server, { host });
  const client = nodeNet.connect(served.port, host);
  await once(server, "connection");
  const closed = served.closeGracefully({ timeout: Number.POSITIVE_INFINITY });
  while (!served.closed) await turn();
  client.end("echoed");
  assert.equal(await text(client), "echoed");
  assert.equal(await closed, 0);
});

netTest("close: drain waits, then destroys", async () => {
  const server = nodeNet.createServer();
  const served = await serve(server, { host });
  const client = nodeNet.connect(served.port, host).on("error", () => {});
  await once(server, "connection");
  const ended = once(client, "close");
  await served.close();
  assert.equal(served.connections, 1);
  await served.close({ drain: 0 });
  assert.equal(served.connections, 0);
  await ended;
});
