// How servers behave, in node:net and in berkeley/net.
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { both, closed, codeOf, listening } from "../../../test/both-nets.ts";

both("a unix socket", async (net, folder) => {
  const path = join(folder(), "socket");
  const server = net.createServer((socket) => socket.resume().end("by path"));
  await listening(server, path);
  assert.equal(server.address(), path);
  const client = net.connect(path).setEncoding("latin1");
  const [text] = await once(client, "data");
  assert.equal(text, "by path");
  assert.equal(client.remoteAddress, undefined);
  await closed(server);
  assert.ok(!existsSync(path));
  const [error] = await once(net.connect(path), "error");
  assert.deepEqual([error.code, error.syscall, error.address], ["ENOENT", "connect", path]);
});

both("a port that is in use", async (net) => {
  const server = net.createServer((socket) => socket.resume());
  const port = await listening(server);
  const second = net.createServer();
  second.listen(port, "127.0.0.1");
  const [error] = await once(second, "error");
  const { code, syscall, address, port: on } = error;
  assert.deepEqual(
    { code, syscall, address, on },
    { code: "EADDRINUSE", syscall: "listen", address: "127.0.0.1", on: port },
  );
  assert.ok(error.message.startsWith(`listen EADDRINUSE: address already in use 127.0.0.1:${port}`));
  assert.equal(second.listening, false);
  await closed(server);
});

both("a server that listens again as soon as it is closed", async (net) => {
  const server = net.createServer((socket) => socket.resume());
  const port = await listening(server);
  assert.throws(() => server.listen(port), { code: "ERR_SERVER_ALREADY_LISTEN" });
  await closed(server);
  assert.equal(server.listening, false);
  assert.equal(server.address(), null);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const closing = new Promise((resolve) => server.close(resolve));
  server.close((error) => assert.equal(codeOf(error), "ERR_SERVER_NOT_RUNNING"));
  assert.equal(await closing, undefined);
});

both("a port is free as soon as close() returns", async (net) => {
  const first = net.createServer();
  const port = await listening(first);
  const again = net.createServer();
  first.close();
  again.listen(port, "127.0.0.1");
  await once(again, "listening");
  // The same server, and from the event of its connection.
  again.close();
  again.listen(port, "127.0.0.1");
  await once(again, "listening");
  const last = net.createServer();
  again.once("connection", (socket) => {
    socket.destroy();
    again.close();
    last.listen(port, "127.0.0.1");
  });
  const client = net.connect(port, "127.0.0.1").resume();
  await Promise.all([once(last, "listening"), once(client, "close")]);
  await closed(last);
});

both("a server that has all the connections it may have", async (net) => {
  const server = net.createServer((socket) => socket.resume());
  server.maxConnections = 1;
  const port = await listening(server);
  const first = net.connect(port, "127.0.0.1");
  await once(server, "connection");
  const second = net.connect(port, "127.0.0.1").resume();
  let secondPort: number | undefined;
  second.once("connect", () => {
    secondPort = second.localPort;
  });
  const ended = once(second, "close");
  const [dropped] = await once(server, "drop");
  await ended;
  assert.equal(dropped.remotePort, secondPort);
  assert.equal(dropped.localPort, port);
  assert.equal(await new Promise((resolve) => server.getConnections((_, count) => resolve(count))), 1);
  first.destroy();
  await closed(server);
});

both("a backlog as text, and none", async (net) => {
  for (const backlog of ["5", "many"]) {
    const server = net.createServer((socket) => socket.resume().end("hello"));
    Reflect.apply(server.listen, server, [{ port: 0, host: "127.0.0.1", backlog }]);
    await once(server, "listening");
    await closed(server);
  }
});

both("a unix socket in a folder that does not exist", async (net, folder) => {
  const path = join(folder(), "none", "socket");
  const server = net.createServer().listen(path);
  const [error] = await once(server, "error");
  const { code, errno, syscall, address, port } = error;
  assert.deepEqual(
    { code, errno, syscall, address, port },
    { code: "EACCES", errno: -constants.errno.EACCES, syscall: "listen", address: path, port: -1 },
  );
  assert.ok(error.message.startsWith(`listen EACCES: permission denied ${path}`), error.message);
});

both("maxConnections of 0, which is no limit on Node 20", async (net) => {
  const server = net.createServer((socket) => socket.resume());
  server.maxConnections = 0;
  const client = net.connect(await listening(server), "127.0.0.1").on("error", () => {});
  const isNode20 = process.versions.node.startsWith("20.");
  await once(server, isNode20 ? "connection" : "drop");
  client.destroy();
  await closed(server);
});

both("a server that is closed twice emits `close` twice", async (net) => {
  const server = net.createServer();
  await listening(server);
  let count = 0;
  server.on("close", () => {
    count += 1;
  });
  server.close();
  server.close();
  await once(server, "close");
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(count, 2);
});
