import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer, Socket as NetSocket, type Server } from "node:net";
import { test } from "node:test";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { assertFails, assertOk, conformance } from "../../test/conformance.ts";
import { descriptorsHidden, httpServersHidden } from "../../test/own-sockets.ts";
import { except } from "../../test/platform.ts";
import { runProgram } from "../../test/program.ts";
import { SO } from "../options/so.ts";
import { host } from "../system/host.ts";
import { acceptQueue } from "./accept-queue.ts";
import { borrow } from "./borrow.ts";
import { AF, SOCK } from "./constants.ts";
import { getpeername } from "./getpeername.ts";
import { getsockname, tryGetsockname } from "./getsockname.ts";
import { getsockopt } from "./getsockopt.ts";
import { listen } from "./listen.ts";
import { setsockopt } from "./setsockopt.ts";

conformance("borrow", [
  {
    clause: "a Socket is itself, with its own system",
    source: "berkeley",
    run(fixture) {
      const made = fixture.tcp();
      assert.equal(borrow(made), made);
    },
  },
  {
    clause: "a number is a descriptor of this machine",
    source: "berkeley",
    run(fixture) {
      const made = fixture.boundTcp();
      assert.deepEqual(getsockname(made.fd), getsockname(made));
      assert.equal(borrow(made.fd).system, made.system);
    },
  },
  {
    clause: "net.Server: its socket; SocketClosed before it listens and after it is closed; it keeps serving",
    except: descriptorsHidden,
    source: "berkeley; lib/net.js",
    async run() {
      const server = createServer((connection) => connection.pipe(connection));
      assertFails(tryGetsockname(server), "SocketClosed", "EBADF");
      await listening(server);
      assert.deepEqual(getsockname(server), { family: "ipv4", address: "127.0.0.1", port: portOf(server) });
      assert.equal(getsockopt(server, SO.ACCEPTCONN), true);
      listen(server, 3);
      assert.equal(acceptQueue(server)?.limit, 3);
      assert.equal(await answer(server, "still there"), "still there");
      await closed(server);
      assertFails(tryGetsockname(server), "SocketClosed", "EBADF");
    },
  },
  {
    clause: "http.Server: the same; it keeps answering",
    except: httpServersHidden,
    source: "berkeley; lib/_http_server.js",
    async run() {
      const server = createHttpServer((_request, response) => response.end("hello"));
      await listening(server);
      setsockopt(server, SO.REUSEADDR, true);
      assert.equal(getsockopt(server, SO.TYPE), SOCK.STREAM);
      assert.match(await answer(server, "GET / HTTP/1.0\r\n\r\n"), /^HTTP\/1\.1 200 OK\r\n[\s\S]*hello$/);
      await closed(server);
    },
  },
  {
    clause: "a server on a unix path",
    source: "berkeley; lib/net.js",
    except: { windows: "Node's servers have named pipes there, not unix sockets" },
    async run(fixture) {
      const path = `${fixture.folder()}/socket`;
      const server = createServer();
      server.listen(path);
      await once(server, "listening");
      assert.deepEqual(getsockname(server), { family: "unix", path });
      assert.equal(getsockopt(server, SO.DOMAIN), AF.UNIX);
      await closed(server);
    },
  },
  {
    clause: "net.Socket, a client and an accepted one: both ends of one connection, which stays open",
    except: descriptorsHidden,
    source: "berkeley; lib/net.js",
    async run() {
      const server = createServer();
      await listening(server);
      const client = connect(portOf(server), "127.0.0.1");
      const accepted: Promise<[NetSocket]> = once(server, "connection").then(([socket]) => [socket]);
      await once(client, "connect");
      const [peer] = await accepted;
      assert.deepEqual(getsockname(client), getpeername(peer));
      assert.deepEqual(getpeername(client), getsockname(peer));
      for (const end of [client, peer]) assert.equal(getsockopt(end, SO.TYPE), SOCK.STREAM);
      peer.pipe(peer);
      client.end("ping");
      const [data] = await once(client, "data");
      assert.equal(`${data}`, "ping");
      await once(client, "close");
      assertFails(tryGetsockname(client), "SocketClosed", "EBADF");
      await closed(server);
    },
  },
  {
    clause:
      "net.Socket: SocketClosed before it connects, while its name is looked up, and once it is destroyed",
    except: descriptorsHidden,
    source: "berkeley; lib/net.js",
    async run() {
      assertFails(tryGetsockname(new NetSocket()), "SocketClosed", "EBADF");
      const server = createServer();
      await listening(server);
      const client = connect({
        port: portOf(server),
        host: "berkeley.invalid",
        lookup: (_host, _options, answer) => {
          setImmediate(answer, null, [{ address: "127.0.0.1", family: 4 }]);
        },
      });
      assertFails(tryGetsockname(client), "SocketClosed", "EBADF");
      await once(client, "connect");
      assertOk(tryGetsockname(client));
      client.destroy();
      assertFails(tryGetsockname(client), "SocketClosed", "EBADF");
      await once(client, "close");
      await closed(server);
    },
  },
  {
    clause: "dgram.Socket: SocketClosed before it is bound and after it is closed; it keeps receiving",
    except: descriptorsHidden,
    source: "berkeley; lib/dgram.js, lib/internal/dgram.js",
    async run() {
      const datagrams = createSocket("udp4");
      assertFails(tryGetsockname(datagrams), "SocketClosed", "EBADF");
      datagrams.bind(0, "127.0.0.1");
      await once(datagrams, "listening");
      const { port } = datagrams.address();
      assert.deepEqual(getsockname(datagrams), { family: "ipv4", address: "127.0.0.1", port });
      assert.equal(getsockopt(datagrams, SO.TYPE), SOCK.DGRAM);
      const received = once(datagrams, "message");
      datagrams.send("ping", port, "127.0.0.1");
      const [message] = await received;
      assert.equal(`${message}`, "ping");
      datagrams.close();
      await once(datagrams, "close");
      assertFails(tryGetsockname(datagrams), "SocketClosed", "EBADF");
    },
  },
  {
    clause: "dgram.Socket: no DEP0112 is printed",
    except: descriptorsHidden,
    source: "berkeley; Node's DEP0112",
    run() {
      runProgram(new URL("./borrow-datagram.child.js", import.meta.url));
    },
  },
  {
    clause: "tls.TLSSocket: the socket below it, which stays open",
    except: { ...descriptorsHidden, bun: "Bun's node:tls has no pre-shared keys" },
    source: "berkeley; TLSWrap::GetFD in src/crypto/crypto_tls.cc",
    async run() {
      // A pre-shared key, so that no certificate is needed.
      const key = Buffer.from("0123456789abcdef");
      const ciphers = "PSK-AES128-GCM-SHA256";
      const server = createTlsServer(
        { ciphers, maxVersion: "TLSv1.2", pskCallback: () => key },
        (connection) => {
          assert.equal(getsockopt(connection, SO.TYPE), SOCK.STREAM);
          connection.pipe(connection);
        },
      );
      await listening(server);
      assert.equal(getsockopt(server, SO.ACCEPTCONN), true);
      const client = connectTls({
        port: portOf(server),
        host: "127.0.0.1",
        ciphers,
        maxVersion: "TLSv1.2",
        pskCallback: () => ({ psk: key, identity: "test" }),
        checkServerIdentity: () => undefined,
      });
      await once(client, "secureConnect");
      assert.deepEqual(getpeername(client), getsockname(server));
      client.end("ping");
      const [data] = await once(client, "data");
      assert.equal(`${data}`, "ping");
      await once(client, "close");
      await closed(server);
    },
  },
  {
    clause: "http.Server where the runtime hides its descriptor: the TypeError says so",
    source: "berkeley",
    except: { node: "Node tells it" },
    async run() {
      const server = createHttpServer();
      await listening(server);
      assert.throws(() => tryGetsockname(server), /^TypeError: socket is a Server without a descriptor/);
      await closed(server);
    },
  },
  {
    clause: "a cluster worker's server has no descriptor of its own: a TypeError that says so",
    source: "berkeley; RoundRobinHandle in lib/internal/cluster",
    run() {
      runProgram(new URL("./borrow-cluster.child.js", import.meta.url));
    },
  },
]);

test("borrowing changes nothing, even if repeated", except(descriptorsHidden), async () => {
  const server = createServer();
  await listening(server);
  const { fd } = borrow(server);
  for (let times = 0; times < 3; times++) assert.deepEqual(borrow(server), { system: borrow(fd).system, fd });
  assert.equal(server.listening, true);
  await closed(server);
});

test("a value that is not a socket throws a TypeError, a number out of range a RangeError", () => {
  for (const value of [null, undefined, "3", {}, [], Symbol("s"), 3n, () => {}, true, new Date()]) {
    // @ts-expect-error not a socket
    assert.throws(() => borrow(value), TypeError);
  }
  for (const fd of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
    assert.throws(() => borrow(fd), RangeError);
  }
});

async function listening(server: Server): Promise<void> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
}

async function closed(server: Server): Promise<void> {
  server.close();
  await once(server, "close");
}

function portOf(server: Server): number {
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return address.port;
}

/** A server's whole answer to a text. */
async function answer(server: Server, text: string): Promise<string> {
  const client = connect(portOf(server), "127.0.0.1");
  const gone = once(client, "close");
  client.end(text);
  let answered = "";
  for await (const chunk of client) answered += chunk;
  await gone;
  return answered;
}

test("borrow: an object that only looks like one of Node's sockets is rejected or has no descriptor", () => {
  const withState = (state: unknown) => Object.assign({}, { [Symbol("state symbol")]: state });
  for (const state of [undefined, null, 1, "handle", {}])
    assert.throws(() => borrow(Object(withState(state))), /^TypeError: socket must be /);
  for (const handle of [{}, { fd: "3" }, { fd: 1.5 }, { fd: null }, "handle", 1])
    assert.throws(() => borrow(Object({ _handle: handle })).fd, { name: /^(Type|Range)Error$/ });
  // Not the symbol of a dgram.Socket.
  const other = Object.assign({}, { [Symbol("another state")]: { handle: { fd: 0 } } });
  assert.throws(() => borrow(Object(other)), /^TypeError: socket must be /);
  const negative = () => borrow(Object({ _handle: { fd: -1 } })).fd;
  if (host.capabilities.tellsHandles) assert.equal(negative(), -1);
  else assert.throws(negative, /does not expose on Windows/);
  assert.equal(borrow(Object({ _handle: null })).fd, -1);
  assert.equal(borrow(Object(withState({ handle: { fd: 0 } }))).fd, 0);
  assert.throws(() => borrow(Object({ _handle: undefined })), /^TypeError: socket must be /);
  assert.throws(() => borrow(Object({ listen() {} })), /without a descriptor/);
});
