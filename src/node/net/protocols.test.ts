// HTTP, HTTP/2 and TLS of Node over Sockets that the program makes, of node:net and of
// berkeley/net, without the preload.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import type { Socket } from "node:net";
import { buffer, text } from "node:stream/consumers";
import tls from "node:tls";
import { both, closed, listening } from "../../../test/both-nets.ts";

/** TLS without a certificate. */
const shared = {
  ciphers: "PSK",
  maxVersion: "TLSv1.2",
  pskIdentityHint: "hint",
  checkServerIdentity: () => undefined,
} as const;
const psk = Buffer.alloc(32, 1);

/** More than one write takes. */
const LARGE = Buffer.alloc(1 << 20, "0123456789abcdef");

both("HTTP: requests on one connection, a large body, and a server that hangs up", async (net) => {
  const answers = http.createServer(async (request, response) => {
    if (request.url === "/gone") request.socket.resetAndDestroy();
    else response.end(await buffer(request));
  });
  const server = net.createServer((socket) => void answers.emit("connection", socket));
  const port = await listening(server);
  const sockets: Socket[] = [];
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  agent.createConnection = () => {
    const socket = net.connect(port, "127.0.0.1");
    sockets.push(socket);
    return socket;
  };
  for (const body of [Buffer.from("small"), LARGE, Buffer.from("small")]) {
    const request = http.request({ agent, method: "POST" });
    request.end(body);
    const [response] = await once(request, "response");
    assert.equal(response.socket.remotePort, port);
    assert.ok((await buffer(response)).equals(body));
  }
  assert.equal(sockets.length, 1);
  const request = http.request({ agent, path: "/gone" });
  request.end();
  await assert.rejects(once(request, "response"), { code: "ECONNRESET" });
  agent.destroy();
  await closed(server);
});

both("HTTP: an upgrade hands over what follows it", async (net) => {
  const answers = http.createServer().on("upgrade", (_request, socket, head) => {
    socket.write("HTTP/1.1 101 Go\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\nhello ");
    socket.write(head);
    socket.pipe(socket);
  });
  const server = net.createServer((socket) => void answers.emit("connection", socket));
  const port = await listening(server);
  const client = net.connect(port, "127.0.0.1");
  client.end("GET / HTTP/1.1\r\nhost: a\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\nearly");
  assert.match(await text(client), /101 Go[\s\S]*\r\n\r\nhello early$/);
  await closed(server);
});

both("HTTP/2: streams in parallel, with large bodies", async (net) => {
  const answers = http2.createServer((request, response) => void request.pipe(response));
  const server = net.createServer((socket) => void answers.emit("connection", socket));
  const port = await listening(server);
  const session = http2.connect("http://localhost", {
    createConnection: () => net.connect(port, "127.0.0.1"),
  });
  const bodies = await Promise.all(
    [1, 2, 3].map(async () => {
      const stream = session.request({ ":method": "POST" });
      stream.end(LARGE);
      return buffer(stream);
    }),
  );
  for (const body of bodies) assert.ok(body.equals(LARGE));
  session.close();
  await once(session, "close");
  await closed(server);
});

both("TLS: bytes in both directions, and an end", async (net) => {
  const secured = tls.createServer({ ...shared, pskCallback: () => psk }, (secure) => secure.pipe(secure));
  const server = net.createServer((socket) => void secured.emit("connection", socket));
  const port = await listening(server);
  const socket = net.connect(port, "127.0.0.1");
  const pskCallback = () => ({ psk, identity: "me" });
  const client = tls.connect({ ...shared, socket, pskCallback });
  const events: string[] = [];
  for (const name of ["secureConnect", "end", "close"]) client.on(name, () => events.push(name));
  client.end(LARGE);
  const closedBoth = Promise.all([once(client, "close"), once(socket, "close")]);
  assert.ok((await buffer(client)).equals(LARGE));
  await closedBoth;
  assert.deepEqual(events, ["secureConnect", "end", "close"]);
  await closed(server);
});

both("TLS: a peer that resets is an error of the TLSSocket", async (net) => {
  const secured = tls.createServer({ ...shared, pskCallback: () => psk });
  const server = net.createServer((socket) => {
    secured.once("secureConnection", (secure) => {
      secure.on("error", () => {}).once("data", () => socket.resetAndDestroy());
    });
    secured.emit("connection", socket);
  });
  const port = await listening(server);
  const socket = net.connect(port, "127.0.0.1").on("error", () => {});
  const client = tls.connect({ ...shared, socket, pskCallback: () => ({ psk, identity: "me" }) });
  client.write("hello");
  const [error] = await once(client, "error");
  assert.equal(error.code, "ECONNRESET");
  await closed(server);
});
