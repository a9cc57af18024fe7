import assert from "node:assert/strict";
import { assertFails } from "../../test/conformance.ts";
import { loopback } from "../../test/fixture.ts";
import { openLibrary } from "../native/library.ts";
import { SO } from "../options/so.ts";
import { host } from "../system/host.ts";
import type { Calls, System } from "../system/system.ts";
import { ValueResult } from "../system/value-result.ts";
import { accept } from "./accept.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { connect, tryConnect } from "./connect.ts";
import { AF, MSG, POLL, SOCK } from "./constants.ts";
import { getpeername } from "./getpeername.ts";
import { getsockname } from "./getsockname.ts";
import { listen } from "./listen.ts";
import { Socket } from "./owned-socket.ts";
import { poll } from "./poll.ts";
import { recv, tryRecv } from "./recv.ts";
import { recvfrom } from "./recvfrom.ts";
import { send, trySend } from "./send.ts";
import { sendto, trySendto } from "./sendto.ts";
import { setsockopt } from "./setsockopt.ts";
import { socket } from "./socket.ts";
import { socketpair } from "./socketpair.ts";

// Run by retry-interrupted.test.ts, which sends SIGWINCH continuously once this process asks for
// it. Without SA_RESTART (siginterrupt(3)) that interrupts every blocking call. The event that a
// call waits for is caused inside the call, at its third interruption, so nothing here depends on
// time, and each wait really was interrupted.
const SIGWINCH = 28;
const INTERRUPTIONS = 3;
const EINTR = -host.errnos.EINTR;

let interruptions = 0;
let onInterruption = (): void => {};

/** The host's calls, with each EINTR counted. */
function counted<Name extends "accept" | "connect" | "poll" | "recv" | "recvfrom" | "send" | "sendto">(
  name: Name,
): Calls[Name] {
  const call = (...args: Parameters<Calls[Name]>) => {
    const returned: number = Reflect.apply(host[name], undefined, args);
    if (returned === EINTR && ++interruptions === INTERRUPTIONS) onInterruption();
    return returned;
  };
  // The compiler cannot type one wrapper for a union of call signatures.
  return call as unknown as Calls[Name];
}

const system: System = {
  ...host,
  // Its own buffers, since the host's calls are made in the middle of its own.
  address: new ValueResult(new ArrayBuffer(128 + 16)),
  accept: counted("accept"),
  connect: counted("connect"),
  poll: counted("poll"),
  recv: counted("recv"),
  recvfrom: counted("recvfrom"),
  send: counted("send"),
  sendto: counted("sendto"),
};

/** Blocks in `wait`, which signals interrupt and `event` ends. */
function interrupted(wait: () => void, event: () => void): void {
  interruptions = 0;
  onInterruption = event;
  wait();
  onInterruption = () => {};
  assert.ok(interruptions >= INTERRUPTIONS, `interrupted ${interruptions} times only`);
}

/** One end belongs to the counting system, and the other to the host. */
function pair(type: number): [Socket, Socket] {
  const [left, right] = socketpair(AF.UNIX, type);
  return [Socket.from(left.detach(), { system }), right];
}

const hello = Buffer.from("hello");
const buffer = new Uint8Array(1 << 16);
/** SOCK_SEQPACKET ignores the address (unix_seqpacket_sendmsg in net/unix/af_unix.c). */
const ignored = { family: "unix", path: "\0ignored" } as const;

process.on("SIGWINCH", () => {});
openLibrary(null).func<(signal: number, flag: number) => number>("siginterrupt", "int", ["int", "int"])(
  SIGWINCH,
  1,
);
process.stdout.write("ready\n");

// Whether the socket has a timeout, long enough not to expire, or none: signals have no effect.
for (const timeout of [0, 3_600_000]) {
  for (const type of [SOCK.STREAM, SOCK.SEQPACKET]) {
    const [left, right] = pair(type);
    setsockopt(left, SO.RCVTIMEO, timeout);
    setsockopt(left, SO.SNDTIMEO, timeout);
    const feed = () => send(right, hello);
    interrupted(() => assert.equal(recv(left, buffer), 5), feed);
    interrupted(() => assert.equal(recvfrom(left, buffer).bytes, 5), feed);
    interrupted(() => assert.equal(poll([{ socket: left, events: POLL.IN }], timeout || -1).length, 1), feed);
    assert.equal(recv(left, buffer), 5);

    const drain = () => {
      while (tryRecv(right, buffer, MSG.DONTWAIT).ok);
    };
    while (trySend(left, buffer.subarray(0, 1024), MSG.DONTWAIT).ok);
    interrupted(() => assert.equal(send(left, hello), 5), drain);
    if (type === SOCK.SEQPACKET) {
      while (trySend(left, buffer.subarray(0, 1024), MSG.DONTWAIT).ok);
      interrupted(() => assert.equal(sendto(left, hello, 0, ignored), 5), drain);
    }
    close(left);
    close(right);
  }

  using server = socket(AF.INET, SOCK.STREAM, 0, { system });
  bind(server, loopback);
  listen(server, 0);
  setsockopt(server, SO.RCVTIMEO, timeout);
  using client = socket(AF.INET, SOCK.STREAM);
  interrupted(
    () => close(accept(server).socket),
    () => connect(client, getsockname(server)),
  );

  // A full queue keeps the connection in SYN_SENT, until the listener accepts and TCP asks once
  // more.
  using queued = socket(AF.INET, SOCK.STREAM);
  connect(queued, getsockname(server));
  using waiting = socket(AF.INET, SOCK.STREAM, 0, { system });
  setsockopt(waiting, SO.SNDTIMEO, timeout);
  interrupted(
    () => connect(waiting, getsockname(server)),
    () => close(accept(server).socket),
  );
  assert.deepEqual(getpeername(waiting), getsockname(server));
  close(accept(server).socket);

  // A unix socket first waits for space in the queue.
  using unix = socket(AF.UNIX, SOCK.STREAM);
  bind(unix, { family: "unix", path: `\0berkeley-go-on-${process.pid}-${timeout}` });
  listen(unix, 0);
  using first = socket(AF.UNIX, SOCK.STREAM);
  connect(first, getsockname(unix));
  using second = socket(AF.UNIX, SOCK.STREAM, 0, { system });
  setsockopt(second, SO.SNDTIMEO, timeout);
  interrupted(
    () => connect(second, getsockname(unix)),
    () => close(accept(unix).socket),
  );
  assert.deepEqual(getpeername(second), getsockname(unix));
}

// A connection that fails during the wait: the listener is gone when TCP retransmits the SYN.
{
  const server = socket(AF.INET, SOCK.STREAM);
  bind(server, loopback);
  listen(server, 0);
  const address = getsockname(server);
  using queued = socket(AF.INET, SOCK.STREAM);
  connect(queued, address);
  using waiting = socket(AF.INET, SOCK.STREAM, 0, { system });
  interrupted(
    () => assertFails(tryConnect(waiting, address), "ConnectionRefused", "ECONNREFUSED"),
    () => close(server),
  );
}

// Continuous signals do not keep a timeout from expiring.
{
  const [left, right] = pair(SOCK.SEQPACKET);
  setsockopt(left, SO.RCVTIMEO, 20);
  setsockopt(left, SO.SNDTIMEO, 20);
  assertFails(tryRecv(left, buffer), "WouldBlock", "EAGAIN");
  while (trySend(left, buffer, MSG.DONTWAIT).ok);
  assertFails(trySend(left, buffer), "WouldBlock", "EAGAIN");
  assertFails(trySendto(left, buffer, 0, ignored), "WouldBlock", "EAGAIN");
  assert.deepEqual(poll([{ socket: left, events: POLL.IN }], 20), []);
  close(left);
  close(right);

  for (const [domain, name] of [
    [AF.INET, "ConnectionPending"],
    [AF.UNIX, "WouldBlock"],
  ] as const) {
    using full = socket(domain, SOCK.STREAM);
    bind(full, domain === AF.INET ? loopback : { family: "unix", path: "" });
    listen(full, 0);
    using queued = socket(domain, SOCK.STREAM);
    connect(queued, getsockname(full));
    using patient = socket(domain, SOCK.STREAM, 0, { system });
    setsockopt(patient, SO.SNDTIMEO, 20);
    assertFails(tryConnect(patient, getsockname(full)), name);
  }
}
process.exit(0);
