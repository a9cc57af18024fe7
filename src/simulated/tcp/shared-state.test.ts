import assert from "node:assert/strict";
import { test } from "node:test";
import { TcpPair } from "../../../test/simulated/tcp-pair.ts";
import { Random } from "../clock/random.ts";
import { type Packet, TCP_FLAG, type TcpSegment } from "../ip/packet.ts";
import { EMPTY_RECEIVE_QUEUE, ReceiveQueue } from "./receive-queue.ts";
import { NO_TUNING, ReceiveTuning } from "./receive-window.ts";
import { NO_SELECTIVE_ACKS, SelectiveAcks } from "./selective-acks.ts";
import { NO_SENDER, Sender } from "./sender.ts";

const ANY_FLAG = Object.values(TCP_FLAG).reduce((all, flag) => all | flag, 0);

/** A segment that no well-behaved peer sends, near the sequence numbers of one that was sent. */
function forged(random: Random, like: TcpSegment): TcpSegment {
  const near = (sequence: number): number => (sequence + random.below(20_000) - 10_000) >>> 0;
  const sequence = random.chance(0.7) ? like.sequence : near(like.sequence);
  const acknowledgment = random.chance(0.6) ? like.acknowledgment : near(like.acknowledgment);
  const block = (): { left: number; right: number } => {
    const left = near(acknowledgment);
    return { left, right: (left + random.below(3_000)) >>> 0 };
  };
  const flags = random.chance(0.8)
    ? TCP_FLAG.ACK | (random.below(2) * TCP_FLAG.ECE) | (random.below(2) * TCP_FLAG.PSH)
    : random.below(ANY_FLAG + 1);
  return {
    ...like,
    sequence,
    acknowledgment,
    flags,
    window: random.below(0x10000),
    urgentPointer: random.below(10),
    options: { ...like.options, sack: Array.from({ length: random.below(4) }, block) },
    data: new Uint8Array(random.chance(0.7) ? 0 : random.below(1_400)),
  };
}

test("state that idle connections share is never written to, whatever a peer sends", () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const random = new Random(seed, "forged segments");
    const pair = new TcpPair({ latency: "10ms" }, seed);
    pair.client.sysctl("net.ipv4.tcp_ecn", seed & 1);
    pair.client.sysctl("net.ipv4.tcp_sack", (seed >> 1) & 1);
    // The connection of a cookie counts a retransmission.
    pair.server.sysctl("net.ipv4.tcp_syncookies", random.below(3));
    pair.connected();
    const last: { packet: Packet; segment: TcpSegment } | undefined = pair.seen.at(-1);
    assert.ok(last !== undefined);
    for (let count = 0; count < 40; count += 1) {
      const trafficClass = random.below(4);
      pair.server.receive(
        { ...last.packet, trafficClass, payload: forged(random, last.segment) },
        pair.client,
      );
      if (random.chance(0.3)) pair.advance(random.below(300));
    }
    pair.advance(100_000);
  }
  assert.deepEqual(NO_SENDER, new Sender(0));
  assert.deepEqual(NO_TUNING, new ReceiveTuning(0, 0));
  assert.deepEqual(EMPTY_RECEIVE_QUEUE, new ReceiveQueue());
  assert.deepEqual(NO_SELECTIVE_ACKS, new SelectiveAcks());
});
