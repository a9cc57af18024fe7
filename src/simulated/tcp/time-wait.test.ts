import assert from "node:assert/strict";
import { test } from "node:test";
import { describe, TcpPair } from "../../../test/simulated/tcp-pair.ts";
import { errnos } from "../../system/linux/errno.ts";
import { TCP_FLAG, type TcpSegment } from "../ip/packet.ts";

// What ends, prolongs and succeeds TIME_WAIT (RFC 9293, 3.10.7.4; RFC 6191; RFC 1337), as
// tcp_timewait_state_process() has it.

const { ACK, FIN, RST, SYN } = TCP_FLAG;

/**
 * Brings the server into TIME_WAIT, and returns what sends it a segment like the client's last one,
 * a FIN, and returns the answer.
 */
function timeWait(pair: TcpPair): (changes: Partial<TcpSegment>) => string {
  const { client, server } = pair.connected();
  pair.b.system.close(server);
  pair.advance(100);
  pair.a.system.close(client);
  pair.advance(1_000);
  pair.drops = ({ from }) => from === "10.0.0.1";
  const fin = pair.seen.findLast(({ from }) => from === "10.0.0.1");
  assert.ok(fin !== undefined && describe(fin.segment) === "FIN ACK");
  return (changes) => {
    pair.forget();
    pair.server.receive({ ...fin.packet, payload: { ...fin.segment, ...changes } }, pair.client);
    return pair.summary().join(", ") || "nothing";
  };
}

/** The sequence numbers and timestamps that a segment may have, next to those of the last one. */
function near(pair: TcpPair) {
  const { segment } = pair.seen.findLast(({ from }) => from === "10.0.0.1") ?? {};
  assert.ok(segment?.options.timestamps !== undefined);
  const { options, sequence } = segment;
  const { timestamps } = options;
  return {
    at: (offset: number) => (sequence + 1 + offset) >>> 0,
    stamped: (later: number) => ({
      ...options,
      timestamps: timestamps && { ...timestamps, value: timestamps.value + later },
    }),
  };
}

test("a FIN that comes again, and any acknowledgment, prolong it by a minute", () => {
  for (const again of ["FIN", "ACK", "old timestamp", "nothing"] as const) {
    const pair = new TcpPair();
    const send = timeWait(pair);
    const { at, stamped } = near(pair);
    pair.advance(50_000);
    if (again === "FIN") assert.equal(send({}), "< ACK");
    if (again === "ACK") assert.equal(send({ flags: ACK, sequence: at(0) }), "nothing");
    // With an old timestamp even a SYN does (PAWS).
    if (again === "old timestamp")
      assert.equal(send({ flags: SYN, sequence: at(1_000), options: stamped(-10) }), "< ACK");
    pair.advance(40_000);
    assert.equal(send({}), again === "nothing" ? "< RST" : "< ACK", again);
    pair.advance(61_000);
    assert.equal(send({}), "< RST");
  }
});

test("a reset ends it, unless tcp_rfc1337 is set", () => {
  for (const rfc1337 of [0, 1]) {
    const pair = new TcpPair();
    pair.server.sysctl("net.ipv4.tcp_rfc1337", rfc1337);
    const send = timeWait(pair);
    const { at } = near(pair);
    assert.equal(send({ flags: RST, sequence: at(1) }), "nothing");
    assert.equal(send({}), "< ACK");
    assert.equal(send({ flags: RST, sequence: at(0) }), "nothing");
    assert.equal(send({}), rfc1337 === 0 ? "< RST" : "< ACK");
  }
});

test("a SYN with a later sequence number or timestamp succeeds it, and no other", () => {
  for (const [offset, later, answer] of [
    [1, 0, "< SYN ACK"],
    [-1_000, 1, "< SYN ACK"],
    [-1_000, 0, "< ACK"],
    [0, 0, "< ACK"],
  ] as const) {
    const pair = new TcpPair();
    const send = timeWait(pair);
    const { at, stamped } = near(pair);
    const last = pair.seen.findLast(({ from }) => from === "10.0.0.2");
    assert.ok(last !== undefined);
    assert.equal(send({ flags: SYN, sequence: at(offset), options: stamped(later) }), answer);
    const [first] = pair.seen;
    // Beyond the window of the connection before, of 64 KiB: tcp_timewait_state_process().
    if (answer === "< SYN ACK") assert.equal(first?.segment.sequence, (last.segment.sequence + 65_537) >>> 0);
  }
});

test("closed in FIN_WAIT2, it waits for a FIN, and resets what no program will read", () => {
  const cases: readonly (readonly [
    changes: (at: (offset: number) => number) => Partial<TcpSegment>,
    answer: string,
    then: string,
  ])[] = [
    [(at) => ({ flags: FIN | ACK, sequence: at(0) }), "< ACK", "< ACK"],
    [(at) => ({ flags: ACK, sequence: at(0) }), "nothing", "< ACK"],
    [(at) => ({ flags: ACK, sequence: at(0), data: new Uint8Array(1) }), "< RST", "< RST"],
    [(at) => ({ flags: FIN | ACK, sequence: at(0), data: new Uint8Array(1) }), "< RST", "< RST"],
    [(at) => ({ flags: SYN, sequence: at(10) }), "< RST ACK", "< ACK"],
    [(at) => ({ flags: ACK, sequence: at(10_000_000), data: new Uint8Array(1) }), "< ACK", "< ACK"],
    [(at) => ({ flags: RST, sequence: at(10_000_000) }), "< ACK", "< ACK"],
    [(at) => ({ flags: RST, sequence: at(10) }), "nothing", "< RST"],
  ];
  for (const [changes, answer, then] of cases) {
    const pair = new TcpPair();
    const { server } = pair.connected();
    pair.b.system.close(server);
    pair.advance(1_000);
    const last = pair.seen.findLast(({ from }) => from === "10.0.0.1");
    assert.ok(last !== undefined);
    const send = (changed: Partial<TcpSegment>): string => {
      pair.forget();
      pair.server.receive({ ...last.packet, payload: { ...last.segment, ...changed } }, pair.client);
      return pair.summary().join(", ") || "nothing";
    };
    const at = (offset: number): number => (last.segment.sequence + offset) >>> 0;
    assert.equal(send(changes(at)), answer);
    pair.advance(600);
    // The FIN, for the first or the second time.
    assert.equal(send({ flags: FIN | ACK, sequence: at(0) }), then);
  }
});

test("tcp_max_tw_buckets limits the connections in TIME_WAIT", () => {
  for (const most of [0, 1]) {
    const pair = new TcpPair();
    pair.server.sysctl("net.ipv4.tcp_max_tw_buckets", most);
    const send = timeWait(pair);
    assert.equal(send({}), most === 0 ? "< RST" : "< ACK");
    assert.equal(pair.server.counters.get("TcpExt.TCPTimeWaitOverflow"), 1 - most);
  }
});

test("one that has ended makes room for another", () => {
  const pair = new TcpPair();
  pair.client.sysctl("net.ipv4.tcp_max_tw_buckets", 1);
  const listener = pair.listen();
  for (const overflows of [0, 1, 1]) {
    const socket = pair.connecting();
    pair.advance(100);
    pair.a.system.close(socket);
    pair.advance(100);
    pair.b.system.close(pair.b.accept(listener));
    // Two at a time, and then the next one after both.
    pair.advance(overflows === 0 ? 100 : 61_000);
    assert.equal(pair.client.counters.get("TcpExt.TCPTimeWaitOverflow"), overflows);
  }
});

test("connect() takes the port of one a second later, as tcp_tw_reuse allows", () => {
  for (const [reuse, wait, result] of [
    [1, 1_100, -errnos.EINPROGRESS],
    [1, 900, -errnos.EADDRNOTAVAIL],
    // Only on the loopback interface, the default.
    [2, 1_100, -errnos.EADDRNOTAVAIL],
    [0, 1_100, -errnos.EADDRNOTAVAIL],
  ] as const) {
    const pair = new TcpPair();
    pair.client.sysctl("net.ipv4.tcp_tw_reuse", reuse);
    pair.client.sysctl("net.ipv4.ip_local_port_range", [40_000, 40_000]);
    const { client, server } = pair.connected();
    pair.a.system.close(client);
    pair.advance(100);
    pair.b.system.close(server);
    pair.advance(wait);
    const again = pair.socket(pair.a);
    assert.equal(pair.a.connect(again, "10.0.0.2:80"), result, `${reuse} ${wait}`);
  }
});
