// Descriptor 0 is one like any other, where a program has closed its standard input; and no call is
// made of a closed Socket.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Script, type ScriptedSystem, scripted } from "../../test/scripted/scripted.ts";
import { SO } from "../options/so.ts";
import { tryAccept } from "./accept.ts";
import { acceptQueue } from "./accept-queue.ts";
import { tryBind } from "./bind.ts";
import { close, tryClose } from "./close.ts";
import { tryConnect } from "./connect.ts";
import { AF, SOCK } from "./constants.ts";
import { tryGetpeername } from "./getpeername.ts";
import { tryGetsockname } from "./getsockname.ts";
import { tryGetsockopt } from "./getsockopt.ts";
import { tryListen } from "./listen.ts";
import type { Socket } from "./owned-socket.ts";
import { tryRecv } from "./recv.ts";
import { tryRecvfrom } from "./recvfrom.ts";
import { tryRecvmmsg } from "./recvmmsg.ts";
import { tryRecvmsg } from "./recvmsg.ts";
import { trySend } from "./send.ts";
import { trySendmmsg } from "./sendmmsg.ts";
import { trySendmsg } from "./sendmsg.ts";
import { trySendto } from "./sendto.ts";
import { trySetsockopt } from "./setsockopt.ts";
import { tryShutdown } from "./shutdown.ts";
import { trySockatmark } from "./sockatmark.ts";
import { socket } from "./socket.ts";

const address = { family: "ipv4", address: "127.0.0.1", port: 1 } as const;
const bytes = new Uint8Array(4);
const message = { data: [bytes] };

/** Each call of a socket, by the name of the system's. */
const calls: Readonly<Record<string, (socket: Socket) => unknown>> = {
  accept: (s) => tryAccept(s),
  acceptQueue: (s) => acceptQueue(s),
  bind: (s) => tryBind(s, address),
  close: (s) => tryClose(s),
  connect: (s) => tryConnect(s, address),
  getpeername: (s) => tryGetpeername(s),
  getsockname: (s) => tryGetsockname(s),
  getsockopt: (s) => tryGetsockopt(s, SO.TYPE),
  listen: (s) => tryListen(s, 1),
  recv: (s) => tryRecv(s, bytes),
  recvfrom: (s) => tryRecvfrom(s, bytes),
  recvmmsg: (s) => tryRecvmmsg(s, [message]),
  recvmsg: (s) => tryRecvmsg(s, message),
  send: (s) => trySend(s, bytes),
  sendmmsg: (s) => trySendmmsg(s, [message]),
  sendmsg: (s) => trySendmsg(s, message),
  sendto: (s) => trySendto(s, bytes, 0, address),
  setsockopt: (s) => trySetsockopt(s, SO.KEEPALIVE, true),
  shutdown: (s) => tryShutdown(s, 0),
  sockatmark: (s) => trySockatmark(s),
};

const zero: Script = { socket: [0] };

/** The calls of this name that the system got. */
const namesOf = ({ calls }: ScriptedSystem, name: string) =>
  calls.filter((call) => call.startsWith(`${name}(`)).map((call) => call.slice(0, name.length + 2));

for (const [name, call] of Object.entries(calls)) {
  test(`${name}: descriptor 0 is given to the system`, () => {
    const system = scripted(zero);
    const made = socket(AF.INET, SOCK.STREAM, 0, { system });
    call(made);
    assert.ok(namesOf(system, name).includes(`${name}(0`), system.calls.join(" "));
    tryClose(made);
  });

  test(`${name}: a closed Socket is not`, () => {
    const system = scripted({});
    const made = socket(AF.INET, SOCK.STREAM, 0, { system });
    close(made);
    const before = system.calls.length;
    call(made);
    assert.deepEqual(system.calls.slice(before), []);
  });
}
