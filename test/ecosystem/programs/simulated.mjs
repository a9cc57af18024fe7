// The ecosystem on simulated hosts: servers and clients as people install them, unchanged, in
// virtual time, over a lossy link and a partition. It prints what came of it, which is the same
// each time that it runs.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { serve } from "berkeley";
// Before ws, which takes its functions out of node:crypto while it loads.
import { simulate } from "berkeley/simulated";
import express from "express";
import Redis from "ioredis";
import pg from "pg";
import { Agent, request } from "undici";
import WebSocket, { WebSocketServer } from "ws";

/** Two hosts on a slow and lossy link. */
function hosts(network) {
  const server = network.host("server");
  const client = network.host("client");
  network.link(server, client, { latency: "30ms", jitter: "5ms", loss: 0.02, rate: "10Mbit/s" });
  return [server, client];
}

const stories = {
  async "express and fetch"(network) {
    const [server, client] = hosts(network);
    await server.run(async () => {
      const app = express();
      app.get("/items/:id", (request, response) => response.json({ id: request.params.id, ip: request.ip }));
      app.get("/slow", (_, response) => setTimeout(() => response.send("at last"), 600_000));
      await once(app.listen(80), "listening");
    });
    return client.run(async () => {
      const answer = await fetch("http://server/items/7");
      assert.equal(answer.status, 200);
      assert.equal((await answer.json()).id, "7");
      await assert.rejects(fetch("http://server/slow", { signal: AbortSignal.timeout(60_000) }), {
        name: "TimeoutError",
      });
      assert.ok(network.time > 60_000);
      network.partition(server, client);
      await assert.rejects(fetch("http://server/items/8", { signal: AbortSignal.timeout(5_000) }));
      network.heal();
      return (await fetch("http://server/items/9")).json();
    });
  },

  async "undici, and node:http with agents"(network) {
    const [server, client] = hosts(network);
    const served = await server.run(() =>
      serve(
        http.createServer((request, response) => request.pipe(response)),
        { port: 8080, backlog: 2 },
      ),
    );
    return client.run(async () => {
      const dispatcher = new Agent({ connections: 2 });
      const answers = await Promise.all(
        Array.from({ length: 10 }, async (_, index) => {
          const sent = { method: "POST", body: "x".repeat(index * 10_000), dispatcher };
          const { body } = await request("http://server:8080/", sent);
          return body.text();
        }),
      );
      await dispatcher.close();
      assert.deepEqual(
        answers.map((text) => text.length),
        answers.map((_, index) => index * 10_000),
      );
      const agent = new http.Agent({ keepAlive: true });
      const ask = http.request({ host: "server", port: 8080, method: "POST", agent });
      ask.end("agent");
      const [answer] = await once(ask, "response");
      let text = "";
      for await (const chunk of answer) text += chunk;
      agent.destroy();
      await served.closeGracefully({ timeout: 1_000 });
      return [text, served.stats.accepted];
    });
  },

  async ws(network) {
    const [server, client] = hosts(network);
    await server.run(async () => {
      const sockets = new WebSocketServer({ port: 80 });
      sockets.on("connection", (socket) =>
        socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })),
      );
      await once(sockets, "listening");
    });
    return client.run(async () => {
      const socket = new WebSocket("ws://server/");
      await once(socket, "open");
      socket.send("text");
      const [text] = await once(socket, "message");
      socket.send(Buffer.alloc(100_000, 7));
      const [bytes] = await once(socket, "message");
      socket.close();
      await once(socket, "close");
      return [String(text), bytes.length];
    });
  },

  async ioredis(network) {
    const [server, client] = hosts(network);
    const values = new Map();
    await server.run(() => redisServer(6379, values));
    return client.run(async () => {
      const redis = new Redis({ host: "server", maxRetriesPerRequest: null, connectTimeout: 1_000 });
      redis.on("error", () => {});
      await redis.set("key", "value");
      network.partition(server, client);
      redis.disconnect(true);
      const asked = redis.get("key");
      await delay(10_000);
      network.heal();
      const value = await asked;
      await redis.quit();
      return [value, network.time > 10_000];
    });
  },

  async pg(network) {
    const [server, client] = hosts(network);
    await server.run(() => postgresServer(5432));
    return client.run(async () => {
      const pool = new pg.Pool({ host: "server", user: "postgres", max: 3, idleTimeoutMillis: 60_000 });
      const sums = await Promise.all(
        Array.from({ length: 9 }, (_, index) => pool.query("select $1::int + 1 as sum", [index])),
      );
      const opened = pool.totalCount;
      await delay(70_000);
      const closed = pool.totalCount;
      await pool.end();
      return [sums.map(({ rows }) => rows[0].sum), opened, closed];
    });
  },
};

/** The little of Redis' protocol that a client needs to begin. */
async function redisServer(port, values) {
  const answers = {
    get: ([key]) => (values.has(key) ? `$${values.get(key).length}\r\n${values.get(key)}\r\n` : "$-1\r\n"),
    info: () => "$9\r\nloading:0\r\n",
    set([key, value]) {
      values.set(key, value);
      return "+OK\r\n";
    },
  };
  const server = net.createServer((socket) => {
    let text = "";
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      text += bytes;
      for (;;) {
        const [head, count] = /^\*(\d+)\r\n/.exec(text) ?? [];
        if (head === undefined) return;
        const words = [];
        let at = head.length;
        for (let left = Number(count); left > 0; left -= 1) {
          const [line, length] = /^\$(\d+)\r\n/.exec(text.slice(at)) ?? [];
          if (line === undefined || text.length < at + line.length + Number(length) + 2) return;
          words.push(text.slice(at + line.length, at + line.length + Number(length)));
          at += line.length + Number(length) + 2;
        }
        text = text.slice(at);
        const [name, ...args] = words;
        socket.write(answers[name.toLowerCase()]?.(args) ?? "+OK\r\n");
      }
    });
  });
  server.listen(port);
  await once(server, "listening");
}

/** A server of PostgreSQL's protocol, whose only query adds one to its parameter. */
async function postgresServer(port) {
  const message = (type, ...parts) => {
    const body = Buffer.concat(parts);
    const head = Buffer.alloc(5);
    head.write(type);
    head.writeInt32BE(body.length + 4, 1);
    return Buffer.concat([head, body]);
  };
  const int = (value) => Buffer.from(Int32Array.of(value).buffer).reverse();
  const short = (value) => Buffer.from(Int16Array.of(value).buffer).reverse();
  const ready = message("Z", Buffer.from("I"));
  const server = net.createServer((socket) => {
    let bytes = Buffer.alloc(0);
    let started = false;
    let parameter = 0;
    socket.on("error", () => {});
    socket.on("data", (more) => {
      bytes = Buffer.concat([bytes, more]);
      for (;;) {
        const at = started ? 1 : 0;
        if (bytes.length < at + 4) return;
        const length = bytes.readInt32BE(at) + at;
        if (bytes.length < length) return;
        const type = started ? String.fromCharCode(bytes[0]) : "startup";
        const body = bytes.subarray(at + 4, length);
        bytes = bytes.subarray(length);
        if (type === "startup") {
          started = true;
          socket.write(Buffer.concat([message("R", int(0)), ready]));
        } else if (type === "B") {
          parameter = Number(/(\d+)\D*$/.exec(body.toString("latin1"))?.[1]);
        } else if (type === "S") {
          const column = Buffer.concat([
            Buffer.from("sum\0"),
            int(0),
            short(0),
            int(23),
            short(4),
            int(-1),
            short(0),
          ]);
          const value = Buffer.from(`${parameter + 1}`);
          socket.write(
            Buffer.concat([
              message("1"),
              message("2"),
              message("T", short(1), column),
              message("D", short(1), int(value.length), value),
              message("C", Buffer.from("SELECT 1\0")),
              ready,
            ]),
          );
        } else if (type === "X") socket.end();
      }
    });
  });
  server.listen(port);
  await once(server, "listening");
}

for (const [name, story] of Object.entries(stories)) {
  await simulate({ seed: 42 }, async (network) => {
    const told = JSON.stringify(await story(network));
    console.log(`${name}: ${told} after ${network.time} ms, ${network.trace.digest}`);
  });
}
console.log("done");
