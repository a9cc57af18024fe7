import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import got from "got";
import { Agent, request } from "undici";

const {
  TEST_HTTP: url,
  TEST_TWO_ADDRESSES: twoAddresses,
  TEST_HTTPS: secure,
  TEST_CERTIFICATE,
} = process.env;
const body = randomBytes(5 << 20);
const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");

// Node's own fetch, twice on one connection, then a large body both ways.
for (let turn = 0; turn < 2; turn++) assert.equal(await (await fetch(`${url}/hello`)).text(), "hello");
const echoed = await fetch(`${url}/echo`, { method: "POST", body });
assert.equal(hash(Buffer.from(await echoed.arrayBuffer())), hash(body));
await assert.rejects(fetch(`${url}/slow`, { signal: AbortSignal.timeout(100) }), { name: "TimeoutError" });
await assert.rejects(fetch("http://127.0.0.1:2/"), (error) => error.cause.code === "ECONNREFUSED");

// The first address of the name swallows every packet.
assert.equal(await (await fetch(`${twoAddresses}/hello`)).text(), "hello");

// undici, with an agent of its own and two requests pipelined.
const dispatcher = new Agent({ pipelining: 2, connections: 1 });
const answers = await Promise.all([1, 2].map(() => request(`${url}/hello`, { dispatcher })));
for (const answer of answers) assert.equal(await answer.body.text(), "hello");
const upload = await request(`${url}/echo`, { dispatcher, method: "POST", body });
assert.equal(hash(Buffer.from(await upload.body.arrayBuffer())), hash(body));
await dispatcher.close();

// got, which retries and times out by itself.
assert.equal(await got(`${url}/hello`).text(), "hello");
await assert.rejects(got(`${url}/slow`, { timeout: { request: 100 }, retry: { limit: 0 } }), {
  code: "ETIMEDOUT",
});

// node:http with keep-alive, and node:https.
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const ports = new Set();
for (let turn = 0; turn < 3; turn++) {
  const [response] = await once(http.get(`${url}/hello`, { agent }), "response");
  ports.add(response.socket.localPort);
  assert.equal(Buffer.concat(await response.toArray()).toString(), "hello");
}
assert.equal(ports.size, 1);
agent.destroy();
const secureAgent = new https.Agent({ ca: readFileSync(TEST_CERTIFICATE), keepAlive: true });
const [response] = await once(https.get(`${secure}/hello`, { agent: secureAgent }), "response");
assert.equal(response.socket.authorized, true);
assert.equal(Buffer.concat(await response.toArray()).toString(), "hello");
secureAgent.destroy();
console.log("done");
