// The installed package as a program sees it, as an ES module. Plain JavaScript: every runtime runs
// it unchanged.
import assert from "node:assert/strict";
import http from "node:http";
import net from "node:net";
import { posix } from "berkeley";
import { AF, accept, bind, listen, SO, SOCK, SocketError, socket } from "berkeley/posix";

// The async API has the same calls.
assert.equal(posix.listen, listen);

// An echo over TCP, with blocking calls.
const server = socket(AF.INET, SOCK.STREAM);
posix.setsockopt(server, SO.REUSEADDR, true);
bind(server, { family: "ipv4", address: "127.0.0.1", port: 0 });
listen(server, 16);
const client = socket(AF.INET, SOCK.STREAM);
posix.connect(client, posix.getsockname(server));
const connection = accept(server);
assert.deepEqual(connection.address, posix.getsockname(client));
assert.equal(posix.send(client, new TextEncoder().encode("hello")), 5);
const buffer = new Uint8Array(16);
assert.equal(posix.recv(connection.socket, buffer), 5);
assert.equal(new TextDecoder().decode(buffer.subarray(0, 5)), "hello");

// The granted backlog, and the waiting connections.
assert.deepEqual(posix.acceptQueue(server), { pending: 0, limit: 16 });

// Errors have names from a closed set.
const second = socket(AF.INET, SOCK.STREAM);
assert.throws(
  () => bind(second, posix.getsockname(server)),
  (error) => error instanceof SocketError && error.name === "AddressInUse" && error.code === "EADDRINUSE",
);
const result = posix.tryListen(client, 1);
assert.ok(!result.ok && result.error.name === "AlreadyConnected");

// Options of every kind.
assert.equal(typeof posix.getsockopt(client, posix.TCP.INFO).state, "number");
for (const each of [connection.socket, client, second, server]) posix.close(each);

// Node's own servers and sockets, if the runtime reveals their descriptor.
if (!("Bun" in globalThis) && !("Deno" in globalThis)) {
  const httpServer = http.createServer();
  await new Promise((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
  posix.setsockopt(httpServer, posix.TCP.DEFER_ACCEPT, 5);
  assert.ok(posix.getsockopt(httpServer, posix.TCP.DEFER_ACCEPT) >= 5);
  const socketOfNode = net.connect(httpServer.address().port, "127.0.0.1");
  await new Promise((resolve) => socketOfNode.once("connect", resolve));
  assert.equal(typeof posix.getsockopt(socketOfNode, posix.TCP.INFO).rtt, "number");
  socketOfNode.destroy();
  await new Promise((resolve) => httpServer.close(resolve));
}
console.log("berkeley works as an ES module");
