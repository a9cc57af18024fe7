// How connected Sockets behave, in node:net and in berkeley/net.
import assert from "node:assert/strict";
import { once } from "node:events";
import nodeNet from "node:net";
import { test } from "node:test";
import { inherits } from "node:util";
import { both, closed, eventsOf, listening } from "../../../test/both-nets.ts";
import ourNet from "./index.ts";

both("received bytes in a buffer of the program's", async (net) => {
  const message = Buffer.from("one two three four");
  const server = net.createServer((socket) => socket.resume().end(message));
  const port = await listening(server);
  const buffer = Buffer.alloc(4);
  let text = "";
  const callback = function (this: unknown, count: number, bytes: Uint8Array): boolean {
    assert.equal(bytes, buffer);
    text += buffer.toString("latin1", 0, count);
    // Every other piece stops it.
    if (text.length % 8 !== 0) return true;
    setImmediate(() => client.resume());
    return false;
  };
  const client = net.connect({ port, host: "127.0.0.1", onread: { buffer, callback } });
  client.on("data", () => assert.fail("there is no such event"));
  await once(client, "end");
  assert.equal(text, `${message}`);
  await closed(server);
});

both("one read() for each `readable` receives everything", async (net) => {
  const server = net.createServer();
  const port = await listening(server);
  const accepted = once(server, "connection");
  const client = net.connect(port, "127.0.0.1");
  // Several pieces, and then the end or a failure.
  for (const last of ["end", "reset"]) {
    const sender = last === "end" ? client : net.connect(port, "127.0.0.1");
    const [socket] = last === "end" ? await accepted : await once(server, "connection");
    const received = new Promise<number>((resolve) => {
      let count = 0;
      socket.on("readable", () => {
        // Since Node 26, read() returns one chunk.
        count += socket.read()?.length ?? 0;
        if (count === 300_000) resolve(count);
      });
    });
    const events = eventsOf(socket, ["end", "error"]);
    sender.write(Buffer.alloc(300_000));
    assert.equal(await received, 300_000);
    if (last === "end") sender.end();
    else sender.resetAndDestroy();
    await new Promise((resolve) => socket.once("close", resolve));
    assert.deepEqual(events, [last === "end" ? "end()" : "error(ECONNRESET)"]);
  }
  await closed(server);
});

both("an idle client times out", async (net) => {
  const server = net.createServer((socket) => socket.resume());
  const port = await listening(server);
  const client = net.connect({ port, host: "127.0.0.1", timeout: 5 });
  assert.equal(client.timeout, 5);
  await once(client, "timeout");
  client.destroy();
  await closed(server);
});

both("strings of every encoding, alone and corked", async (net) => {
  const encodings = ["utf8", "latin1", "ascii", "hex", "base64", "utf16le"] as const;
  const text = "4a4b";
  const expected = Buffer.concat(encodings.map((encoding) => Buffer.from(text, encoding)));
  for (const corked of [false, true]) {
    const server = net.createServer((socket) => {
      if (corked) socket.cork();
      for (const encoding of encodings) socket.write(text, encoding);
      socket.end(Buffer.from("end"));
    });
    const client = net.connect(await listening(server), "127.0.0.1");
    const pieces: Buffer[] = [];
    for await (const piece of client) pieces.push(piece);
    assert.deepEqual(Buffer.concat(pieces), Buffer.concat([expected, Buffer.from("end")]));
    assert.equal(client.bytesRead, expected.length + 3);
    await closed(server);
  }
});

both("large writes in both directions, with back-pressure", async (net) => {
  const size = 8 << 20;
  const bytes = Buffer.alloc(size, "0123456789abcdef");
  const server = net.createServer((socket) => socket.pipe(socket));
  const client = net.connect(await listening(server), "127.0.0.1");
  let waited = false;
  client.end(Buffer.concat([bytes]), () => {
    waited = true;
  });
  const pieces: Buffer[] = [];
  for await (const piece of client) pieces.push(piece);
  assert.ok(Buffer.concat(pieces).equals(bytes));
  assert.ok(waited);
  assert.equal(client.bytesWritten, size);
  await closed(server);
});

both("the ways to make a Socket and a Server", async (net) => {
  class Derived extends net.Socket {
    readonly own = 1;
  }
  function Old(this: nodeNet.Socket) {
    Reflect.apply(net.Socket, this, [{ allowHalfOpen: true }]);
  }
  inherits(Old, net.Socket);
  const sockets: nodeNet.Socket[] = [
    new net.Socket(),
    Reflect.apply(net.Socket, undefined, []),
    new Derived(),
    Reflect.construct(Old, []),
  ];
  const server: nodeNet.Server = Reflect.apply(net.Server, undefined, [
    (socket: nodeNet.Socket) => socket.resume().end("hello"),
  ]);
  assert.ok(server instanceof net.Server && server instanceof nodeNet.Server);
  const port = await listening(server);
  for (const socket of sockets) {
    assert.ok(socket instanceof net.Socket && socket instanceof nodeNet.Socket);
    socket.setEncoding("latin1").connect(port, "127.0.0.1");
    const [text] = await once(socket, "data");
    assert.equal(text, "hello");
    socket.destroy();
  }
  await closed(server);
});

test("berkeley/net exports what node:net does", () => {
  assert.deepEqual(Object.keys(ourNet).toSorted(), Object.keys(nodeNet).toSorted());
});

both("setKeepAlive() with a delay that is no number", async (net) => {
  const server = net.createServer((socket) => socket.resume());
  const client = net.connect(await listening(server), "127.0.0.1");
  await once(client, "connect");
  // @ts-expect-error Node's types want a number.
  for (const delay of ["2500", "soon"]) assert.equal(client.setKeepAlive(true, delay), client);
  client.destroy();
  await closed(server);
});

test("a Socket of berkeley/net supports the type of service if Node's does", () => {
  const [ours, nodes] = [new ourNet.Socket(), new nodeNet.Socket()];
  for (const name of ["setTypeOfService", "getTypeOfService"])
    assert.equal(typeof Reflect.get(ours, name), typeof Reflect.get(nodes, name), name);
});

both("`close` comes after the immediates that were set before it, and before later ones", async (net) => {
  const server = net.createServer();
  const port = await listening(server);
  const client = net.connect(port, "127.0.0.1");
  const [[socket]] = await Promise.all([once(server, "connection"), once(client, "connect")]);
  // Not in a callback of the socket's own.
  await new Promise((resolve) => setTimeout(resolve, 0));
  const told = eventsOf(socket, ["close"], () => "");
  socket.destroy();
  await new Promise<void>((resolve) => {
    setImmediate(() => {
      told.push("first");
      setImmediate(() => {
        told.push("second");
        resolve();
      });
    });
  });
  assert.deepEqual(told, ["first", "close()", "second"]);
  client.destroy();
  await closed(server);
});
