import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import tls from "node:tls";
import { asyncApiTest, endpointFor, withEnds } from "../../../test/engine/async-api.ts";
import { eventually, someTurns } from "../../../test/engine/engine-test.ts";
import { exceptionHere } from "../../../test/platform.ts";
import { noTlsOverDuplex } from "../../../test/tls-over-duplex.ts";
import { noUnixStreams, resetsHidden } from "../../../test/winsock-exceptions.ts";
import { TCP } from "../../options/tcp.ts";
import { close } from "../../posix/close.ts";
import { connect as posixConnect } from "../../posix/connect.ts";
import { AF, SOCK } from "../../posix/constants.ts";
import { getsockopt } from "../../posix/getsockopt.ts";
import { send } from "../../posix/send.ts";
import { listen } from "../listener/listen.ts";
import { connect } from "./connect.ts";

const loopback = { host: "127.0.0.1" } as const;

asyncApiTest("duplex: an echo with pipeline(), with data read ahead, and the end", (engine) =>
  withEnds(engine, loopback, async ({ client, server }) => {
    const bytes = randomBytes(4 << 20);
    // The connection has read one piece, and perhaps the next one ahead.
    const writing = client.end(bytes);
    const first = Buffer.from((await server.read()) ?? []);
    const duplex = server.toDuplex();
    await assert.rejects(server.read(), TypeError);
    await assert.rejects(server.write("x"), TypeError);
    assert.throws(() => server.toDuplex(), TypeError);
    duplex.write(first);
    const echoing = pipeline(duplex, duplex);
    const pieces: Uint8Array[] = [];
    for await (const piece of client) pieces.push(piece);
    await Promise.all([writing, echoing]);
    assert.ok(bytes.equals(Buffer.concat(pieces)));
    assert.ok(duplex.bytesRead + first.length === bytes.length && duplex.bytesWritten === bytes.length);
    await server.closed;
    assert.ok(duplex.destroyed);
  }),
);

asyncApiTest("duplex: the parts of net.Socket that libraries use", (engine) =>
  withEnds(engine, loopback, async ({ client, server }) => {
    const duplex = client.toDuplex().setNoDelay().setKeepAlive(true, 5000).unref().ref();
    assert.equal(getsockopt(duplex.socket, TCP.NODELAY), true);
    if (exceptionHere({ wine: "Wine has no TCP_KEEPIDLE" }) === undefined)
      assert.equal(getsockopt(duplex.socket, TCP.KEEPIDLE), 5);
    const { localAddress } = client;
    assert.ok(localAddress.family === "ipv4");
    assert.deepEqual(
      [duplex.localAddress, duplex.localPort, duplex.localFamily, duplex.remoteFamily],
      [localAddress.address, localAddress.port, "IPv4", "IPv4"],
    );
    assert.deepEqual(duplex.address(), { address: "127.0.0.1", family: "IPv4", port: localAddress.port });
    assert.deepEqual(
      [duplex.remoteAddress, duplex.remotePort],
      ["127.0.0.1", addressPort(server.localAddress)],
    );
    let timeouts = 0;
    duplex.setTimeout(5, () => {
      timeouts += 1;
    });
    await once(duplex, "timeout");
    assert.equal(timeouts, 1);
    duplex.setTimeout(0);
    duplex.end("bye");
    duplex.destroySoon();
    assert.equal(String(Buffer.from((await server.read()) ?? [])), "bye");
    await once(duplex, "close");
  }),
);

function addressPort(address: object): unknown {
  return "port" in address ? address.port : undefined;
}

asyncApiTest(
  "duplex: it is a Socket of berkeley/net",
  (engine) =>
    withEnds(engine, loopback, async ({ client, server }) => {
      const duplex = client.toDuplex();
      const peer = server.toDuplex();
      assert.ok(duplex instanceof net.Socket);
      assert.equal(duplex.constructor, net.Socket);
      assert.deepEqual([duplex.readyState, duplex.connecting, duplex.pending], ["open", false, false]);
      await new Promise((resolve) => duplex.end("x", () => resolve(undefined)));
      const [bytes] = await once(peer, "data");
      assert.equal(String(bytes), "x");
      await Promise.all([once(duplex, "close"), once(peer, "close")]);
    }),
  { bun: "its node:net is implemented differently" },
);

asyncApiTest("duplex: back-pressure both ways", (engine) =>
  withEnds(engine, loopback, async ({ client, server }) => {
    const duplex = client.toDuplex();
    const block = Buffer.alloc(1 << 20);
    let written = 0;
    const blocked = async () => {
      for (; ; written++)
        if (!duplex.write(block)) await once(duplex, "drain", { signal: AbortSignal.timeout(500) });
    };
    await assert.rejects(blocked, { name: "AbortError" });
    assert.ok(written < 64, `${written} MiB were taken though nobody reads`);
    const draining = (async () => {
      for await (const _ of server);
    })();
    await once(duplex, "drain");
    duplex.end();
    await draining;
    await server.write("x".repeat(1000));
    await server.end();
    duplex.resume();
    await once(duplex, "close");
  }),
);

asyncApiTest(
  "duplex: a reset by the peer is an error, our destroy() ends the connection",
  async (engine) => {
    await withEnds(engine, loopback, async ({ client, server }) => {
      const duplex = client.toDuplex();
      duplex.resume();
      server.reset();
      const [error] = await once(duplex, "error");
      assert.equal(error.code, "ECONNRESET");
    });
    await withEnds(engine, loopback, async ({ client, server }) => {
      const duplex = client.toDuplex();
      duplex.write(Buffer.alloc(64 << 20));
      duplex.destroy();
      await once(duplex, "close");
      // As many bytes as the system accepted, and then the end, as with net.Socket.
      let received = 0;
      for await (const bytes of server) received += bytes.length;
      assert.ok(received > 0 && received < 64 << 20);
      await assert.rejects(new Promise((_, reject) => duplex.write("late", reject)), Error);
    });
    await withEnds(engine, loopback, async ({ client, server }) => {
      const duplex = client.toDuplex();
      await Promise.all([once(duplex, "close"), duplex.resetAndDestroy()]);
      await assert.rejects(server.read(), { name: "ConnectionResetByPeer" });
    });
  },
  resetsHidden,
);

asyncApiTest(
  "duplex: a paused one ended after a failed write reports it once it has read everything",
  async (engine, fixture) => {
    const listener = await listen({ ...endpointFor(fixture, "unix"), engine });
    const peer = fixture.socket(AF.UNIX, SOCK.STREAM);
    posixConnect(peer, listener.address);
    const duplex = (await listener.accept()).toDuplex().resume().pause();
    await someTurns();
    const told: string[] = [];
    duplex.on("data", (bytes) => told.push(String(bytes)));
    for (const event of ["end", "finish"]) duplex.on(event, () => told.push(event));
    duplex.on("error", (error: NodeJS.ErrnoException) => told.push(error.code ?? ""));
    const closed = new Promise((resolve) => duplex.once("close", resolve));
    send(peer, Buffer.from("unread"));
    close(peer);
    duplex.write("to nobody");
    await someTurns();
    duplex.end();
    await someTurns();
    duplex.resume();
    await closed;
    assert.deepEqual(told, ["unread", "end", "EPIPE"]);
    await listener.close();
  },
  noUnixStreams,
);

asyncApiTest(
  "duplex: destroySoon() after a reset, with data unread, destroys it with the error",
  (engine) =>
    withEnds(engine, loopback, async ({ client, server }) => {
      const duplex = client.toDuplex().resume().pause();
      await server.write("unread");
      await eventually(() => (duplex.readableLength > 0 ? true : undefined));
      server.reset();
      await server.closed;
      await someTurns();
      assert.equal(duplex.destroyed, false);
      const closed = new Promise((resolve) => duplex.once("close", resolve));
      const failed = once(duplex, "error");
      duplex.destroySoon();
      const [error] = await failed;
      assert.equal(error.code, "ECONNRESET");
      await closed;
    }),
  resetsHidden,
);

asyncApiTest(
  "duplex: node:http serves over it, and is a client over it, on one kept-alive connection",
  async (engine) => {
    const handled: string[] = [];
    const web = http.createServer((request, response) => {
      handled.push(`${request.method} ${request.url} from ${request.socket.remoteAddress}`);
      request.pipe(response);
    });
    const listener = await listen({ ...loopback, engine });
    const accepting = (async () => {
      for await (const connection of listener) web.emit("connection", connection.toDuplex());
    })();
    const connection = await connect({ address: listener.address, engine });
    const duplex = connection.toDuplex();
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    Reflect.set(agent, "createConnection", () => duplex);
    const body = randomBytes(300_000);
    for (const path of ["/1", "/2"]) {
      const request = http.request({ path, method: "POST", agent, host: "127.0.0.1" });
      request.end(body);
      const [response] = await once(request, "response");
      const pieces: Buffer[] = [];
      for await (const piece of response) pieces.push(piece);
      assert.ok(body.equals(Buffer.concat(pieces)));
    }
    assert.deepEqual(handled, ["POST /1 from 127.0.0.1", "POST /2 from 127.0.0.1"]);
    agent.destroy();
    await connection.closed;
    await listener.close({ drain: Number.POSITIVE_INFINITY });
    await accepting;
    web.close();
  },
  { deno: "Deno's node:http ends a kept-alive connection over any Duplex" },
);

asyncApiTest(
  "duplex: TLS over it, on both sides",
  async (engine, fixture) => {
    const [key, cert] = [join(fixture.folder(), "key.pem"), join(fixture.folder(), "cert.pem")];
    const made = spawnSync("openssl", [
      ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost".split(
        " ",
      ),
      ...["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
    ]);
    if (made.status !== 0) {
      fixture.skip(`openssl failed to create a certificate: ${made.error ?? made.stderr}`);
      return;
    }
    await withEnds(engine, loopback, async ({ client, server }) => {
      const secure = tls.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
        socket.pipe(socket);
      });
      secure.emit("connection", server.toDuplex());
      const socket = tls.connect({
        socket: client.toDuplex(),
        servername: "localhost",
        ca: readFileSync(cert),
      });
      await once(socket, "secureConnect");
      assert.ok(socket.authorized);
      const bytes = randomBytes(1_000_000);
      socket.end(bytes);
      const pieces: Buffer[] = [];
      for await (const piece of socket) pieces.push(piece);
      assert.ok(bytes.equals(Buffer.concat(pieces)));
      await Promise.all([client.closed, server.closed]);
    });
  },
  noTlsOverDuplex,
);
