import assert from "node:assert/strict";
import { test } from "node:test";
import { Calls, message, valueResult } from "../../../test/simulated/calls.ts";
import { readCmsgs, writeCmsgs } from "../../control/cmsg.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { options } from "../../system/linux/options.ts";
import { Network } from "../network/network.ts";
import { datagramTruesize, streamTruesize } from "./message.ts";

const { AF, MSG, POLL, SHUT, SOCK } = constants;

function host() {
  return new Calls(new Network({ seed: 1 }).host("one").system);
}

function pairOf(calls: Calls, type: number): [number, number] {
  const fds = new Int32Array(2);
  assert.equal(calls.system.socketpair(AF.UNIX, type, 0, fds, 2), 0);
  return [fds[0] ?? -1, fds[1] ?? -1];
}

const open = (calls: Calls, type: number) => calls.system.socket(AF.UNIX, type, 0, 2);

/** A control buffer that carries descriptors. */
function rights(calls: Calls, ...fds: number[]) {
  const bytes = new Uint8Array(64);
  const data = new Uint8Array(Int32Array.from(fds).buffer);
  return valueResult(bytes.subarray(0, writeCmsgs([{ level: 1, number: 1, data }], bytes, calls.system)));
}

test("a stream connects at once, up to the backlog and one more", () => {
  const a = host();
  const server = open(a, SOCK.STREAM);
  assert.equal(a.system.listen(server, 1), -errnos.EINVAL);
  assert.equal(a.bind(server, "/tmp/server"), 0);
  assert.equal(a.bind(open(a, SOCK.STREAM), "/tmp/server"), -errnos.EADDRINUSE);
  const clients = [0, 1, 2].map(() => open(a, SOCK.STREAM));
  assert.equal(a.connect(clients[0] ?? -1, "/tmp/server"), -errnos.ECONNREFUSED);
  assert.equal(a.system.listen(server, 1), 0);
  assert.deepEqual(
    clients.map((client) => a.connect(client, "/tmp/server")),
    [0, 0, -errnos.EAGAIN],
  );
  assert.deepEqual(a.system.acceptQueue(server), { pending: 2, limit: 1 });
  const accepted = a.accept(server);
  assert.ok(accepted > 0);
  assert.equal(a.name(accepted), "/tmp/server\0");
  assert.equal(a.send(clients[0] ?? -1, "hello"), 5);
  assert.equal(a.recv(accepted), "hello");
});

test("the file of a socket outlives it, and refuses", () => {
  const a = host();
  const server = open(a, SOCK.STREAM);
  a.bind(server, "/tmp/server");
  a.system.listen(server, 1);
  a.system.close(server);
  assert.equal(a.connect(open(a, SOCK.STREAM), "/tmp/server"), -errnos.ECONNREFUSED);
  assert.equal(a.bind(open(a, SOCK.STREAM), "/tmp/server"), -errnos.EADDRINUSE);
  a.system.files.remove("/tmp/server");
  assert.equal(a.connect(open(a, SOCK.STREAM), "/tmp/server"), -errnos.ENOENT);
  assert.equal(a.bind(open(a, SOCK.STREAM), "/tmp/no/such"), -errnos.ENOENT);
});

test("each type has abstract names of its own", () => {
  const a = host();
  assert.equal(a.bind(open(a, SOCK.STREAM), "\0name"), 0);
  assert.equal(a.bind(open(a, SOCK.STREAM), "\0name"), -errnos.EADDRINUSE);
  assert.equal(a.bind(open(a, SOCK.DGRAM), "\0name"), 0);
});

test("the end of a stream, and a reset if something was left", () => {
  const a = host();
  const [one, other] = pairOf(a, SOCK.STREAM);
  a.send(one, "x");
  a.system.close(one);
  assert.equal(
    a.poll(other),
    POLL.IN | POLL.OUT | POLL.HUP | POLL.RDHUP | POLL.RDNORM | POLL.WRNORM | POLL.WRBAND,
  );
  assert.equal(a.recv(other), "x");
  assert.equal(a.recv(other), "");
  assert.equal(a.send(other, "y"), -errnos.EPIPE);
  const [here, there] = pairOf(a, SOCK.STREAM);
  a.send(there, "unread");
  a.system.close(here);
  assert.equal(a.recv(there), -errnos.ECONNRESET);
  assert.equal(a.recv(there), "");
});

test("shutdown() of one direction", () => {
  const a = host();
  const [one, other] = pairOf(a, SOCK.STREAM);
  assert.equal(a.system.shutdown(one, SHUT.WR), 0);
  assert.equal(a.send(one, "x"), -errnos.EPIPE);
  assert.equal(a.recv(other), "");
  assert.equal(a.send(other, "back"), 4);
  assert.equal(a.recv(one), "back");
});

test("a stream takes as much as Linux's send buffer", () => {
  const a = host();
  const counts = [1, 1_000, 4_096].map((size) => {
    const [one] = pairOf(a, SOCK.STREAM);
    let count = 0;
    while (a.send(one, "x".repeat(size)) > 0) count += 1;
    return count;
  });
  // As measured on Linux 6.18.
  assert.deepEqual(counts, [278, 93, 44]);
  const sizes = [1, 256, 705, 3_777, 5_000, 36_544];
  assert.deepEqual(sizes.map(streamTruesize), [768, 1_280, 2_304, 4_864, 6_400, 37_120]);
  assert.deepEqual([0, 3_777, 16_065, 60_000].map(datagramTruesize), [768, 8_448, 20_736, 61_696]);
});

test("descriptors travel, and keep their socket open", () => {
  const a = host();
  const [one, other] = pairOf(a, SOCK.STREAM);
  const [passed, far] = pairOf(a, SOCK.STREAM);
  const data = [new TextEncoder().encode("fd")];
  assert.equal(a.system.sendmsg(one, message({ data, control: rights(a, passed) }), 0), 2);
  a.system.close(passed);
  a.send(one, "more");
  const control = valueResult(new Uint8Array(64));
  const received = message({ data: [new Uint8Array(64)], control });
  // Reading stops after the message with descriptors.
  assert.equal(a.system.recvmsg(other, received, 0), 2);
  const [cmsg] = readCmsgs(control.valid, a.system).cmsgs;
  const fd = new DataView(cmsg?.data.slice().buffer ?? new ArrayBuffer(4)).getInt32(0, true);
  assert.ok(fd > 0);
  a.send(fd, "through");
  assert.equal(a.recv(far), "through");
  assert.equal(a.recv(other), "more");
});

test("descriptors that do not fit are closed, with MSG_CTRUNC", () => {
  const a = host();
  const [one, other] = pairOf(a, SOCK.DGRAM);
  const [passed, far] = pairOf(a, SOCK.STREAM);
  a.system.sendmsg(one, message({ data: [new Uint8Array(1)], control: rights(a, passed) }), 0);
  a.system.close(passed);
  const received = message({ data: [new Uint8Array(64)] });
  assert.equal(a.system.recvmsg(other, received, 0), 1);
  assert.equal(received.flags & MSG.CTRUNC, MSG.CTRUNC);
  assert.equal(a.recv(far), "");
});

test("SO_PASSCRED gives the sender's credentials", () => {
  const a = host();
  const [one, other] = pairOf(a, SOCK.DGRAM);
  a.setInt(other, options.SO_PASSCRED, 1);
  a.send(one, "x");
  const control = valueResult(new Uint8Array(64));
  a.system.recvmsg(other, message({ data: [new Uint8Array(8)], control }), 0);
  const [cmsg] = readCmsgs(control.valid, a.system).cmsgs;
  assert.deepEqual([cmsg?.number, ...new Int32Array(cmsg?.data.slice().buffer ?? [])], [2, 1, 0, 0]);
});

test("datagrams keep their boundaries and their sender", () => {
  const a = host();
  const [server, client] = [open(a, SOCK.DGRAM), open(a, SOCK.DGRAM)];
  a.bind(server, "\0server");
  a.bind(client, "\0client");
  a.sendTo(client, "one", "\0server");
  a.sendTo(client, "two", "\0server");
  assert.deepEqual(a.recvFrom(server), ["one", "\0client"]);
  assert.equal(a.recv(server, 2), "tw");
  assert.equal(a.recv(server), -errnos.EAGAIN);
});

test("a datagram socket queues eleven datagrams from unconnected senders", () => {
  const a = host();
  const [server, client] = [open(a, SOCK.DGRAM), open(a, SOCK.DGRAM)];
  a.bind(server, "\0server");
  let count = 0;
  while (a.sendTo(client, "x", "\0server") === 1) count += 1;
  assert.equal(count, 11);
});

test("a connected datagram socket refuses others, and loses a closed peer", () => {
  const a = host();
  const [one, other] = pairOf(a, SOCK.DGRAM);
  a.bind(other, "\0other");
  assert.equal(a.sendTo(open(a, SOCK.DGRAM), "x", "\0other"), -errnos.EPERM);
  a.system.close(other);
  assert.equal(a.send(one, "x"), -errnos.ECONNREFUSED);
  assert.equal(a.send(one, "x"), -errnos.ENOTCONN);
});

test("seqpacket keeps messages apart on a connection", () => {
  const a = host();
  const [one, other] = pairOf(a, SOCK.SEQPACKET);
  a.send(one, "first");
  a.send(one, "second");
  assert.equal(a.recv(other, 3), "fir");
  assert.equal(a.recv(other), "second");
  assert.equal(a.recv(other), -errnos.EAGAIN);
  a.system.close(one);
  assert.equal(a.recv(other), "");
});

// Found by random calls, here and on Linux 6.18.

test("a named pair describes itself once", () => {
  const a = new Calls(new Network({ seed: 1 }).host("one").system);
  const [one, other] = pairOf(a, SOCK.STREAM);
  a.bind(one, "\0one");
  a.bind(other, "\0other");
  a.system.setNonblocking(one, false);
  assert.throws(() => a.recv(one), /recv\(\) on unix @one to @other/);
});

test("an empty first message does not cause a reset", () => {
  const a = host();
  const [one, other] = pairOf(a, SOCK.SEQPACKET);
  a.send(one, "");
  a.system.close(other);
  assert.equal(a.recv(one), "");
  const [here, there] = pairOf(a, SOCK.SEQPACKET);
  a.send(here, "");
  a.send(here, "x");
  a.system.close(there);
  assert.equal(a.recv(here), -errnos.ECONNRESET);
});

test("shutdown() of a datagram socket comes before a missing or closed peer", () => {
  const a = host();
  const socket = open(a, SOCK.DGRAM);
  assert.equal(a.system.shutdown(socket, SHUT.WR), 0);
  assert.equal(a.send(socket, "x"), -errnos.EPIPE);
});

test("accept() of a shut down listener fails only for those who wait", () => {
  const a = host();
  const server = open(a, SOCK.STREAM);
  a.bind(server, "\0server");
  a.system.listen(server, 1);
  a.system.shutdown(server, SHUT.RD);
  assert.equal(a.accept(server), -errnos.EAGAIN);
  a.system.setNonblocking(server, false);
  assert.equal(a.accept(server), -errnos.EINVAL);
});
