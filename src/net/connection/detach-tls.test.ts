// TLS by node:tls over detached connections.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { ClientRequest } from "node:http";
import https from "node:https";
import type net from "node:net";
import { join } from "node:path";
import tls from "node:tls";
import { noDetach } from "../../../test/detach.ts";
import { asyncApiTest, portOf } from "../../../test/engine/async-api.ts";
import type { Fixture } from "../../../test/fixture.ts";
import { listen } from "../listener/listen.ts";
import { connect } from "./connect.ts";

/** A key and its certificate for localhost; undefined without openssl, which skips the test. */
function certificate(fixture: Fixture): { readonly key: Buffer; readonly cert: Buffer } | undefined {
  const [key, cert] = [join(fixture.folder(), "key.pem"), join(fixture.folder(), "cert.pem")];
  const made = spawnSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...["-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
    ...["-keyout", key, "-out", cert],
  ]);
  if (made.status === 0) return { key: readFileSync(key), cert: readFileSync(cert) };
  fixture.skip(`openssl makes no certificate: ${made.error ?? made.stderr}`);
  return undefined;
}

const sha = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Reads a stream to its end. */
async function bytesOf(stream: net.Socket): Promise<Buffer> {
  const pieces: Buffer[] = [];
  stream.on("data", (bytes) => pieces.push(bytes));
  await once(stream, "end");
  return Buffer.concat(pieces);
}

asyncApiTest(
  "detach() to node:tls: a server of handlers echoes, and knows its peers",
  async (engine, fixture) => {
    const made = certificate(fixture);
    if (made === undefined) return;
    const seen: unknown[] = [];
    const echo = tls.createServer(made, (socket) => {
      seen.push([socket.remoteAddress, socket.remotePort]);
      socket.pipe(socket);
    });
    const server = await listen(
      { host: "127.0.0.1", engine },
      { open: (connection) => connection.detach().then((socket) => echo.emit("connection", socket)) },
    );
    const expected: unknown[] = [];
    for (let count = 0; count < 3; count++) {
      const connection = await connect({ address: server.address, engine });
      const socket = await connection.detach();
      expected.push([socket.localAddress, socket.localPort]);
      const client: tls.TLSSocket = tls.connect({ socket, ca: made.cert, servername: "localhost" });
      const sent = Buffer.alloc(2 << 20, `${count}: the same bytes again`);
      client.end(sent);
      assert.equal(sha(await bytesOf(client)), sha(sent));
    }
    assert.deepEqual(seen, expected);
    await server.close({ drain: Number.POSITIVE_INFINITY });
  },
  {
    ...noDetach,
    deno: "Deno's node:tls does not end after an echo of 2 MiB, over its own sockets either (2.9)",
  },
);

asyncApiTest(
  "detach() to node:tls: after a peek at the first bytes, and with those that arrived since",
  async (engine, fixture) => {
    const made = certificate(fixture);
    if (made === undefined) return;
    const listener = await listen({ host: "127.0.0.1", engine });
    const client: tls.TLSSocket = tls.connect({
      port: portOf(listener.address),
      host: "127.0.0.1",
      ca: made.cert,
      servername: "localhost",
    });
    const connection = await listener.accept();
    const hello = (await connection.read()) ?? assert.fail("it has ended");
    // The type of a record with a handshake message (RFC 8446, 5.1).
    assert.equal(hello[0], 22);
    const socket = await connection.detach();
    socket.unshift(hello);
    const secure = new tls.TLSSocket(socket, { isServer: true, ...made });
    secure.end("hello");
    assert.equal(`${await bytesOf(client)}`, "hello");
    client.end();
    await listener.close({ drain: Number.POSITIVE_INFINITY });
  },
  noDetach,
);

asyncApiTest(
  "detach() to node:https: requests have the client's address, and close({ drain }) resets the rest",
  async (engine, fixture) => {
    const made = certificate(fixture);
    if (made === undefined) return;
    const web = https.createServer(made, (request, response) => {
      response.end(`${request.socket.remoteAddress}, ${request.socket.remotePort}`);
    });
    const server = await listen(
      { host: "127.0.0.1", engine },
      { open: (connection) => connection.detach().then((socket) => web.emit("connection", socket)) },
    );
    const agent = new https.Agent({ keepAlive: true });
    const ports: unknown[] = [];
    for (let count = 0; count < 2; count++) {
      const request: ClientRequest = https.get({
        ...{ host: "127.0.0.1", port: server.port, servername: "localhost", ca: made.cert, agent },
      });
      const [response] = await once(request, "response");
      const port = request.socket?.localPort;
      ports.push(port);
      let page = "";
      for await (const text of response.setEncoding("utf8")) page += text;
      assert.equal(page, `127.0.0.1, ${port}`);
    }
    assert.equal(ports[0], ports[1]);
    assert.equal(server.connections, 1);
    // The keep-alive connection does not end by itself.
    await server.close({ drain: 10 });
    assert.equal(server.connections, 0);
    agent.destroy();
  },
  { ...noDetach, deno: "Deno's https.Agent uses no connection again (2.9)" },
);
