// handOver() of a server under serve(), here to another server of the same process.
import assert from "node:assert/strict";
import dns from "node:dns";
import { once } from "node:events";
import { existsSync } from "node:fs";
import http from "node:http";
import nodeNet from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setImmediate as turn } from "node:timers/promises";
import { netTest } from "../../test/engine/net-test.ts";
import type { Fixture } from "../../test/fixture.ts";
import { handOver } from "../net/handoff/hand-over.ts";
import { takeOver } from "../net/handoff/take-over.ts";
import { SOCK } from "../posix/constants.ts";
import { serve } from "./serve.ts";
import type { ServedServer } from "./served-server.ts";

const host = "127.0.0.1";

interface Answer {
  readonly body: string;
  readonly connection: string | undefined;
}

async function ask(where: http.RequestOptions): Promise<Answer> {
  const request = http.get({ ...where, headers: { connection: "keep-alive" } });
  const [response] = await once(request, "response");
  return { body: await text(response), connection: response.headers.connection };
}

/** Hands a server over to a new one that answers "new". */
async function renew(old: ServedServer, fixture: Fixture, drain: number): Promise<ServedServer> {
  const [ours, theirs] = fixture.pair(SOCK.STREAM);
  const handed = handOver(old, ours, { drain });
  const taken = await takeOver({ channel: theirs });
  const server = http.createServer((_, response) => response.end("new"));
  const renewed = await serve(server, { socket: taken });
  taken.ready();
  await handed;
  return renewed;
}

netTest("handOver: of an HTTP server, whose requests in flight are answered", async (fixture) => {
  const waiting: http.ServerResponse[] = [];
  const server = http.createServer((request, response) => {
    if (request.url === "/slow") waiting.push(response);
    else response.end("old");
  });
  const old = await serve(server, { host });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  assert.equal((await ask({ port: old.port, host, agent })).body, "old");
  const slow = ask({ port: old.port, host, agent: false, path: "/slow" });
  while (waiting.length === 0) await turn();
  const renewing = renew(old, fixture, Number.POSITIVE_INFINITY);
  while (!old.closed) await turn();
  for (const response of waiting) response.end("late");
  const renewed = await renewing;
  assert.deepEqual(await slow, { body: "late", connection: "close" });
  assert.equal(renewed.port, old.port);
  assert.equal(old.connections, 0);
  assert.equal((await ask({ port: renewed.port, host, agent: false })).body, "new");
  agent.destroy();
  await renewed.close({ drain: 0 });
});

netTest("handOver: of a server on a path, which stays", async (fixture) => {
  const path = join(fixture.folder(), "socket");
  const old = await serve(http.createServer(), { path });
  const renewed = await renew(old, fixture, 0);
  assert.equal(old.closed, true);
  assert.equal((await ask({ socketPath: path, agent: false })).body, "new");
  await renewed.close({ drain: 0 });
  assert.equal(existsSync(path), false);
});

netTest("handOver: rejects what is not a listener", async (fixture) => {
  const [ours] = fixture.pair(SOCK.STREAM);
  for (const wrong of [{}, undefined, nodeNet.createServer()])
    await assert.rejects(Reflect.apply(handOver, undefined, [wrong, ours]), {
      code: "ERR_INVALID_ARG_TYPE",
      message: /^listener must be a Listener, a Server or what serve\(\) returned, not /,
    });
});

netTest("serve: a server whose own listen() still looks up a name", async () => {
  const { lookup } = dns;
  // The name is found once serve() listens.
  let found = () => {};
  const delayed = (...args: unknown[]) => {
    found = () => void Reflect.apply(lookup, dns, args);
  };
  const server = nodeNet.createServer((socket) => socket.end("hello"));
  dns.lookup = Object.assign(delayed, lookup);
  try {
    server.listen(0, "localhost");
  } finally {
    dns.lookup = lookup;
  }
  const served = await serve(server, { host });
  found();
  const [error] = await once(server, "error");
  assert.equal(error.code, "ERR_SERVER_ALREADY_LISTEN");
  assert.match(error.message, /^listen\(\) was called before serve\(\)/);
  assert.equal(await text(nodeNet.connect(served.port, host)), "hello");
  await served.close();
  // It can listen by itself again.
  server.listen(0, "localhost");
  await once(server, "listening");
  server.close();
});
