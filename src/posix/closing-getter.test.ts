import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { assertFails } from "../../test/conformance.ts";
import { descriptorsHidden } from "../../test/own-sockets.ts";
import { except } from "../../test/platform.ts";
import { scripted } from "../../test/scripted/scripted.ts";
import type { Result } from "../errors/result.ts";
import type { SocketError } from "../errors/socket-error.ts";
import { SO } from "../options/so.ts";
import { tryAccept } from "./accept.ts";
import { tryBind } from "./bind.ts";
import { close } from "./close.ts";
import { tryConnect } from "./connect.ts";
import { AF, POLL, SOCK } from "./constants.ts";
import type { Socket } from "./owned-socket.ts";
import { tryPoll } from "./poll.ts";
import { tryRecv } from "./recv.ts";
import { trySendto } from "./sendto.ts";
import { trySetsockopt } from "./setsockopt.ts";
import { socket } from "./socket.ts";

type Call = (socket: Socket, closing: <Value>(value: Value) => Value) => Result<unknown, SocketError>;

const loopbackAt = (port: () => number) => ({
  family: "ipv4" as const,
  address: "127.0.0.1",
  get port() {
    return port();
  },
});

const calls: Readonly<Record<string, Call>> = {
  accept: (s, closing) =>
    tryAccept(s, {
      get nonblocking() {
        return closing(true);
      },
    }),
  bind: (s, closing) =>
    tryBind(
      s,
      loopbackAt(() => closing(0)),
    ),
  connect: (s, closing) =>
    tryConnect(
      s,
      loopbackAt(() => closing(1)),
    ),
  poll: (s, closing) =>
    tryPoll(
      [
        { socket: s, events: POLL.IN },
        {
          socket: s,
          get events() {
            return closing(POLL.IN);
          },
        },
      ],
      0,
    ),
  sendto: (s, closing) =>
    trySendto(
      s,
      new Uint8Array(1),
      0,
      loopbackAt(() => closing(1)),
    ),
  setsockopt: (s, closing) =>
    trySetsockopt(s, SO.LINGER, {
      on: true,
      get seconds() {
        return closing(0);
      },
    }),
};

for (const [name, call] of Object.entries(calls)) {
  test(`${name}: if a getter of its argument closes the socket, its number is no longer used`, () => {
    const system = scripted({});
    const s = socket(AF.INET, SOCK.STREAM, 0, { system });
    const result = call(s, (value) => {
      if (!s.closed) close(s);
      return value;
    });
    assertFails(result, "SocketClosed", "EBADF");
    assert.equal(system.calls.filter((made) => made.startsWith(`${name}(`)).length, 0, system.calls.join());
  });
}

test(
  "bind: a getter of the address closes the server of Node's that is bound",
  except(descriptorsHidden),
  (_context, done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = loopbackAt(() => {
        if (server.listening) server.close(done);
        return 0;
      });
      assertFails(tryBind(server, address), "SocketClosed");
    });
  },
);

test("sendto: rejects data that a getter of the address detaches", () => {
  using s = socket(AF.INET, SOCK.DGRAM, 0, { system: scripted({}) });
  const data = new Uint8Array(8);
  const address = loopbackAt(() => {
    structuredClone(data, { transfer: [data.buffer] });
    return 1;
  });
  assert.throws(() => trySendto(s, data, 0, address), /data is detached/);
});

test("a descriptor number read from an object is checked like any other", () => {
  for (const fd of [Number.NaN, 1.5, 2 ** 32]) {
    const server = Object.assign(createServer(), { _handle: { fd } });
    assert.throws(() => tryRecv(server, new Uint8Array(1)), RangeError);
  }
});
