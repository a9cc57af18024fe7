import assert from "node:assert/strict";
import { test } from "node:test";
import { TcpPair } from "../../../test/simulated/tcp-pair.ts";
import { constants } from "../../system/linux/constants.ts";
import { add, toPacket } from "./sequence.ts";

// What a connection does at its beginning must not depend on where its sequence numbers begin:
// tcp_create_openreq_child() in net/ipv4/tcp_minisocks.c sets snd_sml and pushed_seq to the first.

const { MSG } = constants;
const { MORE = 0 } = MSG;
/** The largest segment on a link with an MTU of 1500 and with timestamps. */
const MSS = 1448;

/** Connects from one port, and returns the initial sequence number of the server. */
function connectOnce(pair: TcpPair, listener: number) {
  pair.forget();
  const client = pair.socket(pair.a);
  assert.equal(pair.a.bind(client, "10.0.0.1:5000"), 0);
  pair.a.connect(client, "10.0.0.2:80");
  pair.advance(100);
  const server = pair.b.accept(listener);
  assert.ok(server >= 0, `accept() returned ${server}`);
  const synAck = pair.seen.find(({ from }) => from === "10.0.0.2");
  assert.ok(synAck !== undefined);
  return { client, server, iss: synAck.segment.sequence };
}

/**
 * A connection whose server has the given initial sequence number. The numbers of one pair of ends
 * advance by one in 64 ns (RFC 6528, secure_tcp_seq()), so an earlier connection tells when: one
 * round of them later, long after its TIME_WAIT.
 */
function connectionWith(iss: number) {
  const pair = new TcpPair();
  const listener = pair.listen();
  const start = pair.network.clock.now;
  const first = connectOnce(pair, listener);
  pair.b.system.close(first.server);
  pair.a.system.close(first.client);
  const steps = toPacket(add(iss, -first.iss));
  pair.network.clock.advanceTo(start + (steps + 2 ** 32) * 64);
  const second = connectOnce(pair, listener);
  assert.equal(second.iss, toPacket(iss));
  pair.forget();
  return { pair, ...second };
}

const sent = (pair: TcpPair) =>
  pair.seen.filter(({ from, segment }) => from === "10.0.0.2" && segment.data.length > 0);

test("Nagle's rule waits for small segments only, also if sequence number 0 is on its way", () => {
  const { pair, server } = connectionWith(-2 * MSS);
  pair.b.system.send(server, new Uint8Array(4 * MSS), MSG.DONTWAIT ?? 0);
  pair.b.send(server, "a");
  pair.advance(5);
  assert.deepEqual(
    sent(pair).map(({ segment }) => segment.data.length),
    [MSS, MSS, MSS, MSS, 1],
  );
});

test("the first segment of MSG_MORE has no PSH, wherever sequence numbers begin", () => {
  for (const iss of [1, 0x2000_0000, 0x4000_0000, 0x7fff_0000, -0x8000_0000, -0x4000_0000, -MSS]) {
    const { pair, server } = connectionWith(iss);
    pair.b.system.send(server, new Uint8Array(MSS), MORE);
    pair.advance(5);
    assert.deepEqual(pair.summary(), [`< ACK ${MSS}`], `${iss}`);
  }
});
