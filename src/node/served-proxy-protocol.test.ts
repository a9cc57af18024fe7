// serve() with proxyProtocol: the servers of Node report the client.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import nodeNet, { BlockList } from "node:net";
import { text } from "node:stream/consumers";
import tls from "node:tls";
import { someTurns } from "../../test/engine/engine-test.ts";
import { netTest } from "../../test/engine/net-test.ts";
import { pskClient, pskServer } from "../../test/psk.ts";
import { channels, type RefuseMessage } from "../net/channels.ts";
import { proxyInfo } from "../net/proxy-protocol/proxy-info.ts";
import { encodeV2 } from "../net/proxy-protocol/version-2.ts";
import { serve } from "./serve.ts";

const host = "127.0.0.1";
const line = "PROXY TCP6 2001:db8::7 2001:db8::1 5000 443\r\n";
const client = "2001:db8::7 5000 IPv6";
const reported = ({ remoteAddress, remotePort, remoteFamily }: nodeNet.Socket) =>
  `${remoteAddress} ${remotePort} ${remoteFamily}`;
const get = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/** A proxy's connection, which sends the pieces one after the other. */
async function proxy(port: number, ...pieces: readonly string[]): Promise<nodeNet.Socket> {
  const socket = nodeNet.connect(port, host);
  socket.setNoDelay();
  await once(socket, "connect");
  for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve));
  return socket;
}

/** Everything it answers; empty if it resets. */
const answer = (socket: nodeNet.Socket): Promise<string> => text(socket).catch(() => "");

netTest("serve, proxyProtocol: http, with the request in the same packet and later", async () => {
  const server = http.createServer(({ socket }, response) =>
    response.end(`${reported(socket)} from ${proxyInfo(socket)?.proxyAddress.family}`),
  );
  await using served = await serve(server, { host, proxyProtocol: true });
  for (const pieces of [[line + get], [line, get], [line.slice(0, 9), line.slice(9) + get]])
    assert.match(await answer(await proxy(served.port, ...pieces)), new RegExp(`\n${client} from ipv4$`));
});

netTest("serve, proxyProtocol: tls and http2, whose sockets are Node's", async () => {
  const secure = tls.createServer(pskServer, (socket) => {
    socket.end(`${reported(socket)} ${proxyInfo(socket)?.version}`);
  });
  {
    await using served = await serve(secure, { host, proxyProtocol: true });
    const socket = await proxy(served.port, line);
    assert.equal(await text(tls.connect({ ...pskClient, socket })), `${client} 1`);
  }
  const sessions = http2.createServer((request, response) => {
    response.end(`${request.socket.remoteAddress} ${proxyInfo(request.socket)?.version}`);
  });
  await using served = await serve(sessions, { host, proxyProtocol: true });
  const socket = await proxy(served.port, line);
  const session = http2.connect(`http://${host}`, { createConnection: () => socket });
  assert.equal(await text(session.request()), "2001:db8::7 1");
  session.destroy();
});

netTest("serve, proxyProtocol: no header, no request; the channel says why", async () => {
  const names: string[] = [];
  const subscriber = ({ server: from, error }: RefuseMessage) => {
    if (from === server) names.push(error.name);
  };
  channels.refuse.subscribe(subscriber);
  let requests = 0;
  const server = http.createServer((_, response) => response.end(String(++requests)));
  await using served = await serve(server, { host, proxyProtocol: true });
  assert.equal(await answer(await proxy(served.port, get)), "");
  assert.equal(await answer(await proxy(served.port, `PROXY TCP4 1 2 3 4\r\n${get}`)), "");
  channels.refuse.unsubscribe(subscriber);
  assert.deepEqual(names, ["ProxyHeaderMissing", "ProxyHeaderMalformed"]);
  assert.deepEqual(served.stats.causes, { ProxyHeaderMissing: 1, ProxyHeaderMalformed: 1 });
  assert.equal(requests, 0);
});

netTest("serve, proxyProtocol: blockList and maxConnections apply to the client", async () => {
  const blockList = new BlockList();
  blockList.addAddress("2001:db8::7", "ipv6");
  const server = nodeNet.createServer((socket) => socket.end("served"));
  // An option of createServer() since Node 22.
  Reflect.set(server, "blockList", blockList);
  await using served = await serve(server, { host, proxyProtocol: true });
  assert.equal(await answer(await proxy(served.port, line)), "");
  assert.equal(await answer(await proxy(served.port, line.replace("::7", "::8"))), "served");
  // For Node 20, 0 is no limit.
  server.maxConnections = -1;
  const dropped = once(server, "drop");
  await answer(await proxy(served.port, line.replace("::7", "::8")));
  const [ends] = await dropped;
  assert.equal(ends.remoteAddress, "2001:db8::8");
});

netTest("serve, proxyProtocol: closeGracefully() waits for headers on their way", async () => {
  const server = http.createServer(({ socket }, response) => response.end(reported(socket)));
  const served = await serve(server, { host, proxyProtocol: true });
  const header = Buffer.from(
    encodeV2(
      { family: "ipv4", address: "192.0.2.7", port: 1 },
      { family: "ipv4", address: "192.0.2.1", port: 2 },
    ),
  );
  const socket = await proxy(served.port, header.subarray(0, 13).toString("latin1").slice(0, 12));
  while (served.stats.accepted === 0) await new Promise((resolve) => setImmediate(resolve));
  const closing = served.closeGracefully();
  await someTurns();
  socket.write(Buffer.concat([header.subarray(12), Buffer.from(get)]));
  assert.match(await answer(socket), /\n192\.0\.2\.7 1 IPv4$/);
  assert.equal(await closing, 0);
});

netTest("serve, proxyProtocol: close() drops connections that have sent no header", async () => {
  const server = http.createServer(() => {});
  const served = await serve(server, { host, proxyProtocol: { timeout: Number.POSITIVE_INFINITY } });
  const socket = await proxy(served.port, "PROXY ");
  while (served.stats.accepted === 0) await new Promise((resolve) => setImmediate(resolve));
  await served.close();
  assert.equal(await answer(socket), "");
  assert.deepEqual(served.stats.causes, { SocketClosed: 1 });
});

netTest("serve, proxyProtocol: closeGracefully() waits for a header no longer than its timeout", async () => {
  const server = http.createServer(() => {});
  const served = await serve(server, { host, proxyProtocol: { timeout: Number.POSITIVE_INFINITY } });
  const socket = await proxy(served.port, "PROXY ");
  while (served.stats.accepted === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await served.closeGracefully({ timeout: 10 }), 0);
  assert.equal(await answer(socket), "");
});
