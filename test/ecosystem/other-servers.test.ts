import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http2 from "node:http2";
import https from "node:https";
import { after, test } from "node:test";
import { Certificate } from "./column.ts";
import { Program } from "./program.ts";

const certificate = new Certificate();
after(() => certificate.remove());
const ca = readFileSync(certificate.certificate);
const limit = { timeout: 60_000 };
const LARGE = 8 << 20;

test("Express over HTTPS sets req.ip, and transfers a large body", limit, async () => {
  await using server = new Program("express-https.mjs", { environment: certificate.environment });
  const port = await server.port();
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  const ask = async (path: string, body?: Uint8Array) => {
    const method = body === undefined ? "GET" : "POST";
    const request = https.request({ port, path, method, ca, agent, servername: "localhost" });
    request.end(body);
    const [response] = await once(request, "response");
    return Buffer.concat(await response.toArray());
  };
  assert.equal(String(await ask("/ip")), '"127.0.0.1"');
  assert.equal(String(await ask("/hello")), "hello");
  const body = randomBytes(LARGE);
  assert.ok((await ask("/echo", body)).equals(body));
  agent.destroy();
  await server.stop();
});

test("Fastify over HTTP/2 sets req.ip, and transfers several large bodies at once", limit, async () => {
  await using server = new Program("fastify-http2.mjs", { environment: certificate.environment });
  const session = http2.connect(`https://localhost:${await server.port()}`, { ca });
  const ask = async (path: string, body?: Uint8Array) => {
    const stream = session.request({
      ":path": path,
      ":method": body === undefined ? "GET" : "POST",
      "content-type": "a/b",
    });
    stream.end(body);
    return Buffer.concat(await stream.toArray());
  };
  assert.match(String(await ask("/ip")), /"(::ffff:)?127\.0\.0\.1"/);
  const bodies = Array.from({ length: 4 }, () => randomBytes(LARGE / 4));
  const echoed = await Promise.all(bodies.map((body) => ask("/echo", body)));
  for (const [index, body] of bodies.entries()) assert.ok(echoed[index]?.equals(body));
  session.close();
  await once(session, "close");
  await server.stop();
});

test("ws serves its own client", limit, async () => {
  await using server = new Program("ws.mjs");
  await using client = new Program("ws-client.mjs", {
    stock: true,
    environment: { TEST_WS: `ws://127.0.0.1:${await server.port()}` },
  });
  await client.finishes();
  await server.stop();
});

test("socket.io serves its own client, by polling and by WebSocket", limit, async () => {
  await using server = new Program("socket-io.mjs");
  await using client = new Program("socket-io-client.mjs", {
    stock: true,
    environment: { TEST_SOCKET_IO: `http://127.0.0.1:${await server.port()}` },
  });
  await client.finishes();
  await server.stop();
});

test("Vite's dev server serves a page and a module", limit, async () => {
  await using server = new Program("vite.mjs");
  const url = `http://127.0.0.1:${await server.port()}`;
  assert.match(await (await fetch(url)).text(), /@vite\/client/);
  assert.match(await (await fetch(`${url}/main.ts`)).text(), /export const answer = 42/);
  await server.stop();
});
