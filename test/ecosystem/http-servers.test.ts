import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import { describe, test } from "node:test";
import { onBerkeley } from "./column.ts";
import { Program } from "./program.ts";
import { RawHttp } from "./raw-http.ts";

const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const LARGE = 16 << 20;

/** Each is the same application, in another framework, over node:http. */
for (const name of ["http.mjs", "express.cjs", "fastify.mjs", "koa.mjs", "hono.mjs"]) {
  describe(name, () => {
    const serves = (what: string, check: (port: number) => Promise<void>) =>
      test(what, { timeout: 60_000 }, async () => {
        await using server = new Program(name);
        await check(await server.port());
        await server.stop();
      });

    serves("keeps a connection alive", async (port) => {
      const client = new RawHttp(port);
      for (let turn = 0; turn < 3; turn++) {
        client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
        const { status, body } = await client.response();
        assert.deepEqual([status, body], [200, "hello"]);
      }
      client.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      assert.equal((await client.response()).body, "hello");
      await client.end();
    });

    serves("answers pipelined requests in order", async (port) => {
      const client = new RawHttp(port);
      const request = (body: string) =>
        `POST /echo HTTP/1.1\r\n` +
        `Host: a\r\nContent-Type: a/b\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      const bodies = ["first", "second", "third", "x".repeat(100_000)];
      client.send(bodies.map(request).join(""));
      for (const body of bodies) assert.equal((await client.response()).body, body);
      client.socket.destroy();
    });

    serves("invites a body that waits for 100-continue", async (port) => {
      const client = new RawHttp(port);
      const headers = "Content-Type: a/b\r\nContent-Length: 4\r\nExpect: 100-continue\r\n";
      client.send(`POST /echo HTTP/1.1\r\nHost: a\r\n${headers}\r\n`);
      assert.equal((await client.response()).status, 100);
      client.send("body");
      assert.equal((await client.response()).body, "body");
      client.socket.destroy();
    });

    serves("tells the client's address", async (port) => {
      const response = await fetch(`http://127.0.0.1:${port}/ip`);
      assert.equal(await response.json(), "127.0.0.1");
    });

    serves("answers 413 before the body has ended, and the answer arrives", async (port) => {
      const client = new RawHttp(port);
      client.send(
        `POST /small HTTP/1.1\r\n` +
          `Host: a\r\nContent-Type: a/b\r\nContent-Length: ${LARGE}\r\n\r\n${"x".repeat(200_000)}`,
      );
      assert.equal((await client.response()).status, 413);
      client.socket.destroy();
    });

    serves("answers 408 to a client that dawdles over its headers", async (port) => {
      const client = new RawHttp(port);
      client.send("GET /hello HTTP/1.1\r\nHost: a\r\nX-Slow: ");
      assert.equal((await client.response()).status, 408);
      await client.end();
    });

    serves("answers 400 to what is not HTTP, and 431 to endless headers", async (port) => {
      const nonsense = new RawHttp(port);
      nonsense.send("what is this?\r\n\r\n");
      assert.equal((await nonsense.response()).status, 400);
      await nonsense.end();
      const endless = new RawHttp(port);
      endless.send(`GET /hello HTTP/1.1\r\nHost: a\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`);
      assert.equal((await endless.response()).status, 431);
      await endless.end();
    });

    serves("carries a large body in both directions", async (port) => {
      const body = randomBytes(LARGE);
      const request = http.request({
        port,
        path: "/echo",
        method: "POST",
        headers: { "content-type": "a/b" },
      });
      request.end(body);
      const [response] = await once(request, "response");
      assert.equal(hash(Buffer.concat(await response.toArray())), hash(body));
    });

    serves("serves 200 clients at a time", async (port) => {
      const answers = Array.from({ length: 200 }, async () => {
        const client = new RawHttp(port);
        client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
        const { body } = await client.response();
        client.socket.destroy();
        return body;
      });
      assert.deepEqual(await Promise.all(answers), Array(200).fill("hello"));
    });
  });
}

test("http.mjs upgrades a connection, with bytes that came early", { timeout: 60_000 }, async () => {
  await using server = new Program("http.mjs");
  const client = new RawHttp(await server.port());
  client.send("GET /any HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly ");
  assert.equal((await client.response()).status, 101);
  client.send("late");
  await client.text("early late");
  client.socket.end();
  await client.end();
  await server.stop();
});

test("with 64 descriptors, Express answers 500 clients", { timeout: 120_000 }, async (context) => {
  // It closes connections for which it has no descriptor (uv__emfile_trick): nodejs/node#1744.
  if (!onBerkeley) return context.skip("stock Node drops clients");
  await using server = new Program("express.cjs", { descriptors: 64 });
  const port = await server.port();
  const answers = Array.from({ length: 500 }, async () => {
    const client = new RawHttp(port);
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const { body } = await client.response();
    await client.end();
    return body;
  });
  assert.deepEqual(await Promise.all(answers), Array(500).fill("hello"));
  await server.stop();
});
