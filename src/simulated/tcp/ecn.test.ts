import assert from "node:assert/strict";
import { test } from "node:test";
import { describe, hasFlag, TcpPair } from "../../../test/simulated/tcp-pair.ts";
import { constants } from "../../system/linux/constants.ts";

// Explicit congestion notification (RFC 3168).

const { DONTWAIT = 0 } = constants.MSG;
const ECT_0 = 2;
const CE = 3;

test("ECN is used if the client asks for it, and only then", () => {
  for (const ecn of [0, 1, 2]) {
    const pair = new TcpPair();
    pair.client.sysctl("net.ipv4.tcp_ecn", ecn);
    const { client } = pair.connected();
    const [syn, answer] = pair.summary();
    assert.equal(syn, ecn === 1 ? "> SYN ECE CWR" : "> SYN");
    assert.equal(answer, ecn === 1 ? "< SYN ACK ECE" : "< SYN ACK");
    pair.a.send(client, "data");
    pair.advance(100);
    const data = pair.seen.find(({ segment }) => segment.data.length > 0);
    assert.equal(data?.packet.trafficClass, ecn === 1 ? ECT_0 : 0);
  }
});

test("a congestion mark is echoed until the sender says CWR, and halves nothing twice", () => {
  const pair = new TcpPair();
  pair.client.sysctl("net.ipv4.tcp_ecn", 1);
  pair.client.sysctl("net.ipv4.tcp_congestion_control", "reno");
  const { client } = pair.connected();
  pair.forget();
  let marked = false;
  pair.drops = (seen) => {
    if (marked || seen.segment.data.length === 0) return false;
    marked = true;
    const { clock } = pair.network;
    clock.schedule(clock.now + 10e6, () => {
      pair.server.receive({ ...seen.packet, trafficClass: CE }, pair.client);
    });
    return true;
  };
  pair.a.system.send(client, new Uint8Array(14_480), DONTWAIT);
  pair.advance(15);
  assert.ok(pair.seen.some(({ from, segment }) => from === "10.0.0.2" && hasFlag(segment, "ECE")));
  pair.advance(100);
  const { option } = pair.a.system;
  option.length = 280;
  pair.a.system.getsockopt(client, 6, 11, option);
  assert.equal(option.view.getUint32(80, true), 5);
  pair.forget();
  pair.a.system.send(client, new Uint8Array(2_896), DONTWAIT);
  pair.advance(100);
  const sent = pair.seen.filter(({ from }) => from === "10.0.0.1").map(({ segment }) => describe(segment));
  assert.deepEqual(sent, ["ACK CWR 1448", "PSH ACK 1448"]);
  pair.forget();
  pair.a.send(client, "more");
  pair.advance(100);
  assert.ok(pair.seen.every(({ segment }) => !hasFlag(segment, "ECE")));
});
