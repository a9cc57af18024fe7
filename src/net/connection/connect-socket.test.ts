import assert from "node:assert/strict";
import { closesOnExec } from "../../../test/closes-on-exec.ts";
import { asyncApiTest, readText } from "../../../test/engine/async-api.ts";
import { SO } from "../../options/so.ts";
import { accept } from "../../posix/accept.ts";
import { tryClose } from "../../posix/close.ts";
import { SOCK } from "../../posix/constants.ts";
import { getsockname } from "../../posix/getsockname.ts";
import { getsockopt } from "../../posix/getsockopt.ts";
import { Socket } from "../../posix/owned-socket.ts";
import { recv } from "../../posix/recv.ts";
import { send } from "../../posix/send.ts";
import { connect } from "./connect.ts";

asyncApiTest(
  "connect({ socket }) takes over one end of a socket pair, which blocks",
  async (engine, fixture) => {
    const [left, right] = fixture.pair(SOCK.STREAM, { closeOnExec: false });
    send(right, Buffer.from("before"));
    await using connection = await connect({ socket: left, engine });
    assert.equal(left.closed, true);
    assert.equal(closesOnExec(connection.fd), true);
    assert.equal(`${Buffer.from((await connection.read()) ?? [])}`, "before");
    await connection.write("after");
    const scratch = new Uint8Array(10);
    assert.equal(recv(right, scratch), 5);
    await connection.end();
    assert.equal(recv(right, scratch), 0);
  },
);

asyncApiTest(
  "connect({ socket }) takes the number of a TCP socket, and its options",
  async (engine, fixture) => {
    const { client, server } = fixture.connection();
    const address = getsockname(server);
    const socket = server.detach();
    const connection = await connect({ socket, options: [[SO.KEEPALIVE, true]], engine });
    assert.equal(getsockopt(connection.socket, SO.KEEPALIVE), true);
    assert.deepEqual(connection.localAddress, address);
    assert.deepEqual(connection.remoteAddress, getsockname(client));
    tryClose(client);
    assert.equal(await readText(connection), "");
    await connection.close();
  },
);

asyncApiTest(
  "connect({ socket }) rejects a socket that is not a connected stream, and leaves it open",
  async (engine, fixture) => {
    const listener = fixture.listener();
    const refused = async (
      socket: Socket | number,
      error: { name: string; message?: RegExp; code?: string },
    ) => {
      await assert.rejects(connect({ socket, engine }), error);
      if (socket instanceof Socket) assert.equal(socket.closed, false);
      else assert.equal(typeof getsockopt(socket, SO.TYPE), "number");
    };
    const notConnected = { name: "SocketNotConnected", code: "ENOTCONN" };
    await refused(listener, { name: "TypeError", message: /listening.*listen\(\)/ });
    await refused(listener.fd, { name: "TypeError", message: /listening/ });
    await refused(fixture.tcp(), notConnected);
    await refused(fixture.boundTcp(), notConnected);
    await refused(fixture.tcp().fd, notConnected);
    await refused(fixture.udp(), { name: "TypeError", message: /SOCK\.STREAM, not Socket of type DGRAM/ });
    await refused(fixture.udp().fd, { name: "TypeError", message: /SOCK\.STREAM, not number of type DGRAM/ });
  },
);

asyncApiTest(
  "connect({ socket }) rejects SOCK_SEQPACKET, whose message boundaries it would lose",
  async (engine, fixture) => {
    const [left] = fixture.pair(SOCK.SEQPACKET);
    await assert.rejects(connect({ socket: left, engine }), { name: "TypeError", message: /type SEQPACKET/ });
    assert.equal(left.closed, false);
  },
  { windows: "Windows has no SOCK_SEQPACKET" },
);

asyncApiTest(
  "connect({ socket }) rejects sockets that other objects own, and closed ones",
  async (engine, fixture) => {
    const [left, right] = fixture.pair();
    await assert.rejects(connect({ socket: left.fd, engine }), { code: "ERR_INVALID_STATE" });
    const { fd } = left;
    const connection = await connect({ socket: left, engine });
    await assert.rejects(connect({ socket: fd, engine }), { code: "ERR_INVALID_STATE" });
    await assert.rejects(connect({ socket: left, engine }), { name: "SocketClosed" });
    // @ts-expect-error: it is the connection's
    await assert.rejects(connect({ socket: connection.socket, engine }), { code: "ERR_INVALID_ARG_TYPE" });
    connection.reset();
    await connection.closed;
    await assert.rejects(connect({ socket: 0x7fff_fffe, engine }), {
      name: /^(BadFileDescriptor|FileDescriptorNotASocket)$/, // the latter on Windows
    });
    tryClose(right);
  },
);

asyncApiTest("connect({ socket }) rejects options about addresses", async (engine, fixture) => {
  const [left] = fixture.pair();
  const others = { host: "h", port: 1, path: "/p", family: 4, localAddress: "127.0.0.1", localPort: 1 };
  const address = { family: "ipv4", address: "127.0.0.1", port: 1 } as const;
  for (const [name, value] of Object.entries({ ...others, address })) {
    await assert.rejects(connect({ socket: left, engine, [name]: value }), {
      name: "TypeError",
      code: "ERR_INVALID_ARG_VALUE",
    });
    assert.equal(left.closed, false, name);
  }
});

asyncApiTest(
  "connect({ socket }) with a signal that is aborted closes the socket",
  async (engine, fixture) => {
    const [left, right] = fixture.pair();
    const reason = new Error("no more");
    await assert.rejects(connect({ socket: left, engine, signal: AbortSignal.abort(reason) }), reason);
    assert.equal(left.closed, true);
    assert.equal(recv(right, new Uint8Array(1)), 0);
  },
);

asyncApiTest("connect({ socket }) takes a connection that accept() returned", async (engine, fixture) => {
  const listener = fixture.listener();
  await using client = await connect({ address: getsockname(listener), engine });
  await using connection = await connect({ socket: accept(listener).socket, engine });
  await client.end("hello");
  assert.equal(await readText(connection), "hello");
});
