import assert from "node:assert/strict";
import { test } from "node:test";
import type { Calls } from "../../../test/simulated/calls.ts";
import { describe, hasFlag, TcpPair } from "../../../test/simulated/tcp-pair.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { options } from "../../system/linux/options.ts";
import { TCP_FLAG } from "../ip/packet.ts";

// listen(), both queues, and what happens when they are full.

const { AF, POLL } = constants;

function tcpInfoOf({ system }: Calls, socket: number): DataView {
  const { level, number } = options.TCP_INFO;
  system.option.length = 280;
  assert.equal(system.getsockopt(socket, level, number, system.option), 0);
  return system.option.view;
}

/**
 * A listener with a backlog of 1, whose accept queue takes two connections, and three clients: the
 * last two at once, so that both have a SYN-ACK before the queue is full.
 */
function overflow(pair: TcpPair): { listener: number; sockets: number[] } {
  const listener = pair.listen(1);
  pair.b.system.setNonblocking(listener, true);
  const sockets = [pair.connecting()];
  pair.advance(100);
  sockets.push(pair.connecting(), pair.connecting());
  pair.advance(400);
  return { listener, sockets };
}

test("backlog + 1 connections wait for accept(); another client believes to be connected", () => {
  for (const backlog of [0, 1, 2, 5]) {
    const pair = new TcpPair();
    const listener = pair.listen(backlog);
    // One after the other: the SYN queue has the same limit.
    let connected = 0;
    for (let index = 0; index < backlog + 3; index += 1) {
      const socket = pair.connecting();
      pair.advance(100);
      if ((pair.a.poll(socket) & POLL.OUT) !== 0) connected += 1;
    }
    // SYNs that meet a full accept queue are dropped.
    assert.equal(connected, backlog + 1);
    assert.equal(pair.server.counters.get("TcpExt.ListenOverflows"), 2);
    let accepted = 0;
    const { system } = pair.b;
    system.setNonblocking(listener, true);
    while (pair.b.accept(listener) >= 0) accepted += 1;
    assert.equal(accepted, backlog + 1);
  }
});

test("the last acknowledgment is ignored while the accept queue is full, and a later one succeeds", () => {
  const pair = new TcpPair();
  const { listener, sockets } = overflow(pair);
  // Every client is content; the server has established two connections.
  for (const socket of sockets) assert.equal(pair.a.connect(socket, "10.0.0.2:80"), 0);
  assert.ok(pair.b.accept(listener) >= 0);
  assert.ok(pair.b.accept(listener) >= 0);
  assert.equal(pair.b.accept(listener), -errnos.EAGAIN);
  pair.forget();
  pair.advance(1_000);
  // The SYN-ACK comes again after a second, and so does its acknowledgment.
  assert.deepEqual(pair.summary(), ["< SYN ACK", "> ACK"]);
  assert.ok(pair.b.accept(listener) >= 0);
});

test("tcp_abort_on_overflow resets the connection instead", () => {
  const pair = new TcpPair();
  pair.server.sysctl("net.ipv4.tcp_abort_on_overflow", 1);
  const { sockets } = overflow(pair);
  const events = sockets.map((socket) => (pair.a.poll(socket) & POLL.ERR) !== 0);
  assert.deepEqual(events, [false, false, true]);
  assert.equal(pair.a.getInt(sockets[2] ?? -1, options.SO_ERROR), errnos.ECONNRESET);
});

test("somaxconn limits the backlog, and listen() on a listener changes it", () => {
  const pair = new TcpPair();
  pair.server.sysctl("net.core.somaxconn", 3);
  const listener = pair.listen(1_000);
  assert.deepEqual(pair.b.system.acceptQueue(listener), { pending: 0, limit: 3 });
  assert.equal(pair.b.system.listen(listener, 2), 0);
  assert.deepEqual(pair.b.system.acceptQueue(listener), { pending: 0, limit: 2 });
  assert.equal(pair.b.system.listen(listener, -1), 0);
  assert.deepEqual(pair.b.system.acceptQueue(listener), { pending: 0, limit: 3 });
});

test("without SYN cookies, a full SYN queue drops SYNs", () => {
  const pair = new TcpPair();
  pair.server.sysctl("net.ipv4.tcp_syncookies", 0);
  pair.listen(2);
  // The clients never answer the SYN-ACK.
  pair.drops = ({ from, segment }) => from === "10.0.0.1" && !hasFlag(segment, "SYN");
  for (let index = 0; index < 6; index += 1) pair.connecting();
  pair.advance(100);
  const answers = pair.seen.filter(({ segment }) => describe(segment) === "SYN ACK");
  assert.equal(answers.length, 3);
  assert.equal(pair.server.counters.get("TcpExt.TCPReqQFullDrop"), 3);
});

test("SYN cookies establish connections that the SYN queue has no space for", () => {
  const pair = new TcpPair();
  const listener = pair.listen(4);
  pair.b.system.setNonblocking(listener, true);
  let silent = true;
  pair.drops = ({ from, segment }) => silent && from === "10.0.0.1" && !hasFlag(segment, "SYN");
  for (let index = 0; index < 5; index += 1) pair.connecting();
  pair.advance(100);
  silent = false;
  const socket = pair.connecting();
  pair.advance(100);
  assert.equal(pair.server.counters.get("TcpExt.SyncookiesSent"), 1);
  assert.equal(pair.server.counters.get("TcpExt.SyncookiesRecv"), 1);
  const server = pair.b.accept(listener);
  assert.ok(server >= 0);
  pair.a.send(socket, "baked");
  pair.advance(100);
  assert.equal(pair.b.recv(server), "baked");
  // When the SYN-ACK was sent is forgotten, so that the handshake measured no round trip.
  assert.equal(tcpInfoOf(pair.b, server).getUint32(68, true), 0);
});

test("TCP_DEFER_ACCEPT waits for data", () => {
  const pair = new TcpPair();
  const listener = pair.listen();
  pair.b.setInt(listener, options.TCP_DEFER_ACCEPT, 5);
  pair.b.system.setNonblocking(listener, true);
  const socket = pair.connecting();
  pair.advance(500);
  assert.equal(pair.b.accept(listener), -errnos.EAGAIN);
  pair.a.send(socket, "now");
  pair.advance(100);
  assert.equal(pair.b.recv(pair.b.accept(listener)), "now");
});

test("closing a listener resets the connections that nobody accepted", () => {
  const pair = new TcpPair();
  const listener = pair.listen();
  const socket = pair.connecting();
  pair.advance(100);
  pair.forget();
  pair.b.system.close(listener);
  pair.advance(100);
  assert.deepEqual(pair.summary(), ["< RST ACK"]);
  assert.equal(pair.a.recv(socket), -errnos.ECONNRESET);
  const later = pair.connecting();
  pair.advance(100);
  assert.equal(pair.a.getInt(later, options.SO_ERROR), errnos.ECONNREFUSED);
});

test("SO_REUSEPORT spreads connections over the listeners of a port", () => {
  const pair = new TcpPair();
  const listeners = [0, 1, 2].map(() => {
    const listener = pair.socket(pair.b);
    pair.b.setInt(listener, options.SO_REUSEPORT, 1);
    assert.equal(pair.b.bind(listener, "0.0.0.0:80"), 0);
    assert.equal(pair.b.system.listen(listener, 128), 0);
    return listener;
  });
  for (let index = 0; index < 60; index += 1) pair.connecting();
  pair.advance(100);
  const lengths = listeners.map((listener) => pair.b.system.acceptQueue(listener)?.pending ?? 0);
  assert.equal(
    lengths.reduce((sum, length) => sum + length),
    60,
  );
  assert.ok(
    lengths.every((length) => length > 5),
    `${lengths}`,
  );
});

test("an IPv6 listener takes connections of IPv4 too, unless IPV6_V6ONLY is set", () => {
  for (const only of [0, 1]) {
    const pair = new TcpPair();
    const listener = pair.socket(pair.b, AF.INET6);
    pair.b.setInt(listener, options.IPV6_V6ONLY, only);
    assert.equal(pair.b.bind(listener, "[::]:80"), 0);
    assert.equal(pair.b.system.listen(listener, 5), 0);
    const socket = pair.connecting("10.0.0.2:80");
    const other = pair.connecting("[fd00::2]:80");
    pair.advance(100);
    assert.equal(pair.a.connect(socket, "10.0.0.2:80"), only === 0 ? 0 : -errnos.ECONNREFUSED);
    assert.equal(pair.a.connect(other, "[fd00::2]:80"), 0);
    const accepted = pair.b.accept(listener);
    if (only === 0) assert.match(String(pair.b.peer(accepted)), /^\[::ffff:10\.0\.0\.1\]:/);
    else assert.match(String(pair.b.peer(accepted)), /^\[fd00::1\]:/);
  }
});

test("the final ACK says how much the client takes at a time, wherever it begins", () => {
  // tcp_create_openreq_child() takes the window from it, and tcp_bound_to_half_wnd() the MSS.
  for (const before of [0, 1, 10]) {
    const pair = new TcpPair();
    const listener = pair.listen();
    pair.client.sysctl("net.ipv4.tcp_window_scaling", 0);
    pair.drops = ({ from, segment }) => from === "10.0.0.1" && !hasFlag(segment, "SYN");
    pair.connecting();
    pair.advance(100);
    const last = pair.seen.at(-1);
    assert.ok(last !== undefined && describe(last.segment) === "ACK");
    const { packet, segment } = last;
    const sequence = (segment.sequence - before) >>> 0;
    const payload = { ...segment, sequence, window: 400, data: new Uint8Array(before + 1) };
    pair.server.receive({ ...packet, payload }, pair.client);
    const info = tcpInfoOf(pair.b, pair.b.accept(listener));
    // tcpi_snd_mss and tcpi_snd_wnd.
    assert.deepEqual([info.getUint32(16, true), info.getUint32(228, true)], [400, 400]);
  }
});

/** Clients that send one SYN each and never answer. */
function silentClients(pair: TcpPair, count: number): void {
  pair.drops = ({ from, segment }) => from === "10.0.0.1" && (pair.now > 0 || !hasFlag(segment, "SYN"));
  for (let index = 0; index < count; index += 1) pair.connecting();
}

test("without cookies a quarter of tcp_max_syn_backlog is kept free (tcp_conn_request())", () => {
  const pair = new TcpPair();
  pair.server.sysctl("net.ipv4.tcp_syncookies", 0);
  pair.server.sysctl("net.ipv4.tcp_max_syn_backlog", 8);
  pair.listen();
  silentClients(pair, 10);
  pair.advance(100);
  assert.equal(pair.seen.filter(({ segment }) => describe(segment) === "SYN ACK").length, 7);
  assert.equal(pair.server.counters.get("TcpExt.ListenDrops"), 3);
});

test("requests in a queue more than half full get fewer attempts (reqsk_timer_handler())", () => {
  for (const [clients, sent] of [
    [4, 4 * 6],
    // One has three, and then the queue is no more than half full.
    [5, 3 + 4 * 6],
  ] as const) {
    const pair = new TcpPair();
    pair.listen(8);
    silentClients(pair, clients);
    pair.advance(100_000);
    const answers = pair.seen.filter(({ segment }) => describe(segment) === "SYN ACK");
    assert.equal(answers.length, sent);
  }
});

test("no SYN-ACK waits longer than TCP_RTO_MAX_MS", () => {
  const pair = new TcpPair();
  pair.server.sysctl("net.ipv4.tcp_rto_max_ms", 2_000);
  pair.listen();
  silentClients(pair, 1);
  pair.advance(20_000);
  const times = pair.seen.filter(({ from }) => from === "10.0.0.2").map(({ at }) => Math.round(at - 10));
  assert.deepEqual(times, [0, 1_000, 3_000, 5_000, 7_000, 9_000]);
});

test("an ACK that echoes a timestamp which was never sent completes no handshake", () => {
  // tcp_check_req() since Linux 6.14.
  for (const off of [0, -1, 1_000]) {
    const pair = new TcpPair();
    const listener = pair.listen();
    pair.b.system.setNonblocking(listener, true);
    pair.drops = ({ from, segment }) => from === "10.0.0.1" && !hasFlag(segment, "SYN");
    pair.connecting();
    pair.advance(25);
    const last = pair.seen.at(-1);
    const { timestamps } = last?.segment.options ?? {};
    assert.ok(last !== undefined && timestamps !== undefined);
    const echo = (timestamps.echo + off) >>> 0;
    const options = { ...last.segment.options, timestamps: { ...timestamps, echo } };
    pair.forget();
    pair.server.receive({ ...last.packet, payload: { ...last.segment, options } }, pair.client);
    if (off === 0) assert.ok(pair.b.accept(listener) >= 0);
    else assert.equal(pair.b.accept(listener), -errnos.EAGAIN);
    assert.deepEqual(pair.summary(), off === 0 ? [] : ["< ACK"]);
  }
});

test("a stray ACK is no cookie as long as none was sent", () => {
  const pair = new TcpPair();
  pair.listen();
  pair.drops = ({ segment }) => !hasFlag(segment, "RST");
  pair.connecting();
  pair.advance(10);
  const [first] = pair.seen;
  assert.ok(first !== undefined);
  pair.forget();
  const payload = { ...first.segment, flags: TCP_FLAG.ACK, acknowledgment: 1 };
  pair.server.receive({ ...first.packet, payload }, pair.client);
  assert.deepEqual(pair.summary(), ["< RST"]);
  assert.equal(pair.server.counters.get("TcpExt.SyncookiesFailed"), 0);
});
