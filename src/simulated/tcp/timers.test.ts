import assert from "node:assert/strict";
import { test } from "node:test";
import { describe, hasFlag, TcpPair } from "../../../test/simulated/tcp-pair.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { options } from "../../system/linux/options.ts";

// When TCP's timers are due, in virtual time, which is exact.

const { POLL } = constants;

/** Seconds of the segments seen, from the first on. */
const seconds = ({ seen }: TcpPair): number[] => {
  const [first] = seen;
  return seen.map(({ at }) => Math.round(at - (first?.at ?? 0)) / 1_000);
};

test("SYNs are sent again at Linux's times, and connect() fails after tcp_syn_retries", () => {
  const pair = new TcpPair();
  pair.drops = () => true;
  const socket = pair.connecting();
  pair.advance(140_000);
  // Linux 6.5 and later: four timeouts of a second each come first (tcp_syn_linear_timeouts).
  assert.deepEqual(seconds(pair), [0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67]);
  assert.equal(pair.a.getInt(socket, options.SO_ERROR), errnos.ETIMEDOUT);
});

test("without linear timeouts, SYNs are sent after 1, 3, 7, 15, 31 and 63 seconds", () => {
  const pair = new TcpPair();
  pair.client.sysctl("net.ipv4.tcp_syn_linear_timeouts", 0);
  pair.drops = () => true;
  const socket = pair.connecting();
  pair.network.clock.advanceTo(126.9e9);
  assert.equal(pair.a.poll(socket), 0);
  pair.advance(200);
  assert.deepEqual(seconds(pair), [0, 1, 3, 7, 15, 31, 63]);
  assert.equal(pair.a.connect(socket, "10.0.0.2:80"), -errnos.ETIMEDOUT);
});

test("TCP_SYNCNT limits the SYNs of one socket", () => {
  const pair = new TcpPair();
  pair.client.sysctl("net.ipv4.tcp_syn_linear_timeouts", 0);
  pair.drops = () => true;
  const socket = pair.socket(pair.a);
  pair.a.setInt(socket, options.TCP_SYNCNT, 2);
  pair.a.connect(socket, "10.0.0.2:80");
  pair.advance(10_000);
  assert.deepEqual(seconds(pair), [0, 1, 3]);
  assert.equal(pair.a.getInt(socket, options.SO_ERROR), errnos.ETIMEDOUT);
});

test("SYN-ACKs are sent again after 1, 3, 7, 15 and 31 seconds, and the request ends after 63", () => {
  const pair = new TcpPair();
  pair.listen();
  pair.client.sysctl("net.ipv4.tcp_syn_retries", 1);
  pair.client.sysctl("net.ipv4.tcp_syn_linear_timeouts", 0);
  const isSynAck = (from: string) => from === "10.0.0.2";
  pair.drops = ({ from, segment }) => isSynAck(from) || (hasFlag(segment, "SYN") && pair.now > 0);
  pair.connecting();
  pair.advance(100_000);
  const answers = pair.seen.filter(({ from }) => isSynAck(from));
  assert.deepEqual(
    answers.map(({ at }) => Math.round(at - 10) / 1_000),
    [0, 1, 3, 7, 15, 31],
  );
});

test("retransmissions back off exponentially until tcp_retries2, and then the connection times out", () => {
  const pair = new TcpPair();
  const { client } = pair.connected();
  pair.forget();
  pair.drops = ({ from }) => from === "10.0.0.1";
  pair.a.send(client, "lost");
  pair.advance(1_000_000);
  const times = seconds(pair);
  // A tail loss probe, and then timeouts of 224 ms (20 of the round trip, 200 at least, in ticks of
  // 4 ms), doubled up to two minutes.
  const probe = times.splice(1, 1)[0] ?? 0;
  assert.ok(probe > 0.2 && probe < 0.25, `${probe}`);
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  const first = gaps[1] ?? 0;
  for (const [index, gap] of gaps.slice(1).entries())
    assert.ok(Math.abs(gap - Math.min(120, first * 2 ** index)) < 0.01, `${gaps}`);
  assert.equal(pair.a.getInt(client, options.SO_ERROR), errnos.ETIMEDOUT);
  const last = times.at(-1) ?? 0;
  assert.ok(last > 800 && last < 924, `${last}`);
});

test("TCP_USER_TIMEOUT ends a connection whose data is not acknowledged", () => {
  const pair = new TcpPair();
  const { client } = pair.connected();
  pair.a.setInt(client, options.TCP_USER_TIMEOUT, 3_000);
  pair.drops = ({ from }) => from === "10.0.0.1";
  pair.a.send(client, "lost");
  const begin = pair.now;
  while ((pair.a.poll(client) & POLL.ERR) === 0) pair.advance(10);
  assert.ok(pair.now - begin > 3_000 && pair.now - begin < 3_600, `${pair.now - begin}`);
  assert.equal(pair.a.getInt(client, options.SO_ERROR), errnos.ETIMEDOUT);
});

test("keepalive probes an idle connection, and gives up after TCP_KEEPCNT probes", () => {
  const pair = new TcpPair();
  const { client } = pair.connected();
  pair.a.setInt(client, options.SO_KEEPALIVE, 1);
  pair.a.setInt(client, options.TCP_KEEPIDLE, 60);
  pair.a.setInt(client, options.TCP_KEEPINTVL, 10);
  pair.a.setInt(client, options.TCP_KEEPCNT, 3);
  pair.forget();
  pair.advance(130_000);
  // Two rounds: the probe repeats the byte before the window, and the answer starts another minute.
  assert.deepEqual(pair.summary(), ["> ACK", "< ACK", "> ACK", "< ACK"]);
  pair.forget();
  pair.drops = ({ from }) => from === "10.0.0.2";
  pair.advance(100_000);
  const probes = pair.seen.filter(({ from }) => from === "10.0.0.1");
  assert.deepEqual(
    probes.map(({ segment }) => describe(segment)),
    ["ACK", "ACK", "ACK", "RST ACK"],
  );
  assert.equal(pair.a.getInt(client, options.SO_ERROR), errnos.ETIMEDOUT);
});

test("a closed window is probed at intervals that double, and opens when the program reads", () => {
  const pair = new TcpPair();
  const { client, server } = pair.connected();
  pair.b.setInt(server, options.SO_RCVBUF, 4_096);
  const data = new Uint8Array(200_000);
  const sent = pair.a.system.send(client, data, 0x40);
  assert.ok(sent > 0);
  pair.advance(2_000);
  assert.equal(pair.seen.at(-1)?.segment.window, 0);
  pair.forget();
  pair.advance(60_000);
  const probes = pair.seen.filter(({ from }) => from === "10.0.0.1").map(({ at }) => at);
  const gaps = probes.slice(1).map((at, index) => at - (probes[index] ?? 0));
  assert.ok(gaps.length >= 4, `${gaps}`);
  for (const [index, gap] of gaps.slice(1).entries()) {
    const before = gaps[index] ?? 0;
    assert.ok(Math.abs(gap - 2 * before) <= 25, `${gaps}`);
  }
  let received = 0;
  const buffer = new Uint8Array(65_536);
  for (let turn = 0; received < sent && turn < 5_000; turn += 1) {
    const more = pair.b.system.recv(server, buffer, 0x40);
    if (more > 0) received += more;
    pair.advance(50);
  }
  assert.equal(received, sent);
});

test("an acknowledgment is delayed by 40 ms once a connection is interactive", () => {
  const pair = new TcpPair();
  const { client, server } = pair.connected();
  for (let turn = 0; turn < 20; turn += 1) {
    pair.a.send(client, "ping");
    pair.advance(100);
    pair.b.recv(server);
    pair.b.send(server, "pong");
    pair.advance(100);
    pair.a.recv(client);
  }
  pair.forget();
  pair.a.send(client, "ping");
  pair.advance(100);
  const [data, answer] = pair.seen;
  assert.ok(data !== undefined && answer !== undefined);
  assert.equal(describe(answer.segment), "ACK");
  assert.ok(answer.at - data.at - 10 >= 39, `${answer.at - data.at}`);
});

test("TIME_WAIT lasts a minute, and acknowledges a FIN that comes again", () => {
  const pair = new TcpPair();
  const { client, server } = pair.connected();
  pair.a.system.close(client);
  pair.advance(100);
  pair.forget();
  let lost = false;
  pair.drops = ({ from, segment }) => {
    const isLast = from === "10.0.0.1" && describe(segment) === "ACK" && !lost;
    lost ||= isLast;
    return isLast;
  };
  pair.b.system.close(server);
  pair.advance(1_000);
  assert.deepEqual(pair.summary(), ["< FIN ACK", "> ACK", "< FIN ACK", "> ACK"]);
  const before = pair.network.clock.pending;
  pair.advance(60_500);
  assert.equal(pair.network.clock.pending, before - 1);
});

test("FIN_WAIT2 of a closed socket ends after tcp_fin_timeout", () => {
  const pair = new TcpPair();
  pair.client.sysctl("net.ipv4.tcp_fin_timeout", 20);
  const { client, server } = pair.connected();
  pair.a.system.close(client);
  pair.advance(10_000);
  pair.forget();
  pair.advance(15_000);
  // The connection no longer exists.
  pair.b.system.close(server);
  pair.advance(100);
  assert.deepEqual(pair.summary(), ["< FIN ACK", "> RST"]);
});

test("TCP_LINGER2 lets FIN_WAIT2 of a closed socket last longer than TIME_WAIT", () => {
  for (const [at, answer] of [
    // tcp_keepalive_timer() counts what exceeds a minute twice.
    [75_000, "> ACK"],
    [85_000, "> RST"],
  ] as const) {
    const pair = new TcpPair();
    const { client, server } = pair.connected();
    pair.a.setInt(client, options.TCP_LINGER2, 100);
    pair.a.system.close(client);
    pair.advance(at);
    pair.forget();
    pair.b.system.close(server);
    pair.advance(15);
    assert.deepEqual(pair.summary(), ["< FIN ACK", answer]);
  }
});

test("a closed socket gives up after tcp_orphan_retries, which are 8 by default", () => {
  for (const [retries, last] of [
    [0, 102.2],
    [3, 3],
  ] as const) {
    const pair = new TcpPair();
    pair.client.sysctl("net.ipv4.tcp_orphan_retries", retries);
    const { client } = pair.connected();
    pair.forget();
    pair.drops = ({ from }) => from === "10.0.0.1";
    pair.a.send(client, "lost");
    pair.a.system.close(client);
    pair.advance(1_000_000);
    // The time of so many timeouts from 200 ms on, as tcp_model_timeout() has it.
    assert.ok((seconds(pair).at(-1) ?? 0) < last, `${seconds(pair)}`);
    assert.ok((seconds(pair).at(-1) ?? 0) > last / 3, `${seconds(pair)}`);
  }
});
