// Descriptor 0 is valid if a program has closed its standard input. Calls on a closed Socket do not
// reach the system.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Script, scripted } from "../../test/scripted/scripted.ts";
import { SocketError } from "../errors/socket-error.ts";
import { SO } from "../options/so.ts";
import { tryAccept } from "./accept.ts";
import { acceptQueue } from "./accept-queue.ts";
import { tryAttachFilter } from "./attachFilter.ts";
import { tryAttachReuseportFilter } from "./attachReuseportFilter.ts";
import { tryBind } from "./bind.ts";
import { close, tryClose } from "./close.ts";
import { tryConnect } from "./connect.ts";
import { AF, SOCK } from "./constants.ts";
import { tryDetachFilter } from "./detachFilter.ts";
import { tryDup } from "./dup.ts";
import { tryGetCloseOnExec } from "./getCloseOnExec.ts";
import { tryGetNonblocking } from "./getNonblocking.ts";
import { tryGetpeername } from "./getpeername.ts";
import { tryGetsockname } from "./getsockname.ts";
import { tryGetsockopt } from "./getsockopt.ts";
import { tryIoctl } from "./ioctl.ts";
import { tryListen } from "./listen.ts";
import type { Socket } from "./owned-socket.ts";
import { tryRecv } from "./recv.ts";
import { tryRecvfrom } from "./recvfrom.ts";
import { tryRecvmmsg } from "./recvmmsg.ts";
import { tryRecvmsg } from "./recvmsg.ts";
import { trySctp_bindx } from "./sctp_bindx.ts";
import { trySctp_connectx } from "./sctp_connectx.ts";
import { trySctp_peeloff } from "./sctp_peeloff.ts";
import { trySend } from "./send.ts";
import { trySendmmsg } from "./sendmmsg.ts";
import { trySendmsg } from "./sendmsg.ts";
import { trySendto } from "./sendto.ts";
import { trySetCloseOnExec } from "./setCloseOnExec.ts";
import { trySetNonblocking } from "./setNonblocking.ts";
import { trySetsockopt } from "./setsockopt.ts";
import { tryShutdown } from "./shutdown.ts";
import { FIO } from "./sioc.ts";
import { trySockatmark } from "./sockatmark.ts";
import { socket } from "./socket.ts";

const address = { family: "ipv4", address: "127.0.0.1", port: 1 } as const;
const bytes = new Uint8Array(4);
const message = { data: [bytes] };

/** Each call on a socket, by the name of the system's function. */
const calls: Readonly<Record<string, (socket: Socket) => unknown>> = {
  accept: (s) => tryAccept(s),
  acceptQueue: (s) => acceptQueue(s),
  attachFilter: (s) => tryAttachFilter(s, []),
  attachReuseportFilter: (s) => tryAttachReuseportFilter(s, []),
  bind: (s) => tryBind(s, address),
  close: (s) => tryClose(s),
  connect: (s) => tryConnect(s, address),
  detachFilter: (s) => tryDetachFilter(s),
  dup: (s) => {
    const result = tryDup(s);
    if (result.ok) close(result.value);
    return result;
  },
  getCloseOnExec: (s) => tryGetCloseOnExec(s),
  getNonblocking: (s) => tryGetNonblocking(s),
  getpeername: (s) => tryGetpeername(s),
  getsockname: (s) => tryGetsockname(s),
  getsockopt: (s) => tryGetsockopt(s, SO.TYPE),
  ioctl: (s) => tryIoctl(s, FIO.NREAD),
  listen: (s) => tryListen(s, 1),
  recv: (s) => tryRecv(s, bytes),
  recvfrom: (s) => tryRecvfrom(s, bytes),
  recvmmsg: (s) => tryRecvmmsg(s, [message]),
  recvmsg: (s) => tryRecvmsg(s, message),
  sctp_bindx: (s) => trySctp_bindx(s, [address], 1),
  sctp_connectx: (s) => trySctp_connectx(s, [address]),
  sctp_peeloff: (s) => {
    const result = trySctp_peeloff(s, 1);
    if (result.ok) close(result.value);
    return result;
  },
  send: (s) => trySend(s, bytes),
  sendmmsg: (s) => trySendmmsg(s, [message]),
  sendmsg: (s) => trySendmsg(s, message),
  sendto: (s) => trySendto(s, bytes, 0, address),
  setCloseOnExec: (s) => trySetCloseOnExec(s, true),
  setNonblocking: (s) => trySetNonblocking(s, true),
  setsockopt: (s) => trySetsockopt(s, SO.KEEPALIVE, true),
  shutdown: (s) => tryShutdown(s, 0),
  sockatmark: (s) => trySockatmark(s),
};

const zero: Script = { socket: [0] };

function isSocketClosed(result: unknown): boolean {
  if (typeof result !== "object" || result === null || !("error" in result)) return false;
  return result.error instanceof SocketError && result.error.name === "SocketClosed";
}

for (const [name, call] of Object.entries(calls)) {
  test(`${name}: descriptor 0 is passed to the system`, () => {
    const system = scripted(zero);
    const made = socket(AF.INET, SOCK.STREAM, 0, { system });
    const before = system.calls.length;
    const result = call(made);
    const isMade = system.calls.slice(before).some((each) => each.startsWith(`${name}(0`));
    assert.ok(isMade, system.calls.join(" "));
    assert.ok(!isSocketClosed(result));
    tryClose(made);
  });

  test(`${name}: a closed Socket is not passed`, () => {
    const system = scripted({});
    const made = socket(AF.INET, SOCK.STREAM, 0, { system });
    close(made);
    const before = system.calls.length;
    call(made);
    assert.deepEqual(system.calls.slice(before), []);
  });
}
