import assert from "node:assert/strict";
import { asyncApiTest, withEnds } from "../../test/engine/async-api.ts";
import type { Exceptions } from "../../test/platform.ts";
import { SO } from "../options/so.ts";
import { SOCK } from "../posix/constants.ts";
import { getsockopt } from "../posix/getsockopt.ts";
import { Socket } from "../posix/owned-socket.ts";
import { connect } from "./connection/connect.ts";
import { takeOver } from "./handoff/take-over.ts";
import { listen } from "./listener/listen.ts";
import { udp } from "./udp/udp.ts";

const notNumbered: Exceptions = { windows: "descriptors are not renumbered" };
const belongs = { code: "ERR_INVALID_STATE", message: /^descriptor \d+ belongs to / };

asyncApiTest(
  "only one listener may own a descriptor, and it keeps serving",
  async (engine, fixture) => {
    const { fd } = fixture.boundTcp();
    await assert.rejects(listen({ socket: fd, engine }), belongs);
    const given = Socket.from(fixture.boundTcp().detach());
    const number = given.fd;
    const listener = await listen({ socket: given, engine });
    await assert.rejects(listen({ socket: number, engine }), belongs);
    await assert.rejects(takeOver({ channel: number }), belongs);
    assert.throws(() => Socket.from(number), belongs);
    await using client = await connect({ address: listener.address, engine });
    await using server = await listener.accept();
    for (const { fd: used } of [client.socket, server.socket])
      await assert.rejects(listen({ socket: used, engine }), belongs);
    await client.write("on");
    assert.equal(String(Buffer.from((await server.read()) ?? [])), "on");
    await listener.close();
    // Once it is closed, the number may be reused.
    assert.throws(() => Socket.from(number), { name: "BadFileDescriptor" });
  },
  notNumbered,
);

asyncApiTest(
  "a connection's descriptor may be adopted again once it is closed and its number reused",
  async (engine, fixture) => {
    let number = -1;
    await withEnds(engine, { host: "127.0.0.1" }, async ({ server }) => {
      number = server.socket.fd;
    });
    const sockets: Socket[] = [];
    while (!sockets.some(({ fd }) => fd === number)) sockets.push(fixture.tcp());
    const [last] = sockets.slice(-1);
    assert.ok(last !== undefined);
    const again = Socket.from(last.detach());
    assert.equal(getsockopt(again, SO.TYPE), SOCK.STREAM);
    again[Symbol.dispose]();
  },
  notNumbered,
);

asyncApiTest(
  "a listener's number may be reused and adopted before its close() has resolved",
  async (engine, fixture) => {
    const given = Socket.from(fixture.boundTcp().detach());
    const number = given.fd;
    const listener = await listen({ socket: given, engine });
    const closed = listener.close();
    const next = fixture.tcp();
    assert.equal(next.fd, number);
    const again = Socket.from(next.detach());
    assert.equal(getsockopt(again, SO.TYPE), SOCK.STREAM);
    await closed;
    assert.equal(getsockopt(again, SO.TYPE), SOCK.STREAM);
    again[Symbol.dispose]();
  },
  notNumbered,
);

asyncApiTest(
  "a datagram socket owns its descriptor",
  async (engine) => {
    await using here = await udp({ host: "127.0.0.1", engine });
    await assert.rejects(udp({ socket: here.socket.fd, engine }), belongs);
    assert.equal(here.closed, false);
  },
  notNumbered,
);

asyncApiTest(
  "if a socket is given twice, none is left open",
  async (engine, fixture) => {
    const socket = Socket.from(fixture.boundTcp().detach());
    const number = socket.fd;
    const holder = { sockets: [socket, socket] };
    await assert.rejects(listen({ socket: holder, engine }), { name: "TypeError" });
    assert.equal(socket.fd, number);
    socket[Symbol.dispose]();
    const [left, right] = fixture.pair(SOCK.STREAM);
    left[Symbol.dispose]();
    assert.equal(right.closed, false);
  },
  notNumbered,
);
