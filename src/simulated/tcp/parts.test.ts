import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Random } from "../clock/random.ts";
import { NO_TCP_OPTIONS, type TcpOptions, tcpOptionsSize } from "../ip/packet.ts";
import { CongestionWindow } from "./congestion-control.ts";
import { Cubic } from "./cubic.ts";
import { decodeOptions, encodeOptions } from "./options.ts";
import { ReceivedSegment, ReceiveQueue } from "./receive-queue.ts";
import { Reno } from "./reno.ts";
import { RoundTripTime } from "./rtt.ts";
import { SelectiveAcks } from "./selective-acks.ts";
import { MARK, QueuedSegment, SendQueue } from "./send-queue.ts";
import { add, after, before, between, distance, earlier, later } from "./sequence.ts";
import { checkCookie, cookieOptions, cookieTimestamp, makeCookie } from "./syn-cookies.ts";

// The parts of TCP that know nothing of a network.

const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });

test("sequence numbers compare modulo 2^32", () => {
  fc.assert(
    fc.property(uint32, fc.integer({ min: 1, max: 2 ** 31 - 1 }), (from, by) => {
      const to = add(from, by);
      assert.ok(before(from, to) && after(to, from) && !before(to, from) && !after(from, to));
      assert.equal(distance(from, to), by);
      assert.equal(earlier(from, to), from);
      assert.equal(later(from, to), to);
      assert.ok(between(from, from, to) && between(to, from, to) && !between(add(to, 1), from, to));
    }),
  );
});

test("options are laid out as Linux lays them out", () => {
  const hex = (options: Partial<TcpOptions>) =>
    Buffer.from(encodeOptions({ ...NO_TCP_OPTIONS, ...options })).toString("hex");
  const timestamps = { value: 1, echo: 2 };
  assert.equal(
    hex({ mss: 1460, windowScale: 7, sackPermitted: true, timestamps }),
    "020405b4" + "0402080a0000000100000002" + "01030307",
  );
  assert.equal(hex({ mss: 1460, sackPermitted: true }), "020405b4" + "01010402");
  assert.equal(hex({ timestamps }), "0101080a0000000100000002");
  assert.equal(
    hex({ timestamps, sack: [{ left: 3, right: 4 }] }),
    "0101080a0000000100000002" + "0101050a0000000300000004",
  );
  assert.equal(hex({ unknown: [{ kind: 254, data: Uint8Array.of(0xf9) }] }), "fe03f901");
});

test("options survive encoding and decoding, and their size is known before", () => {
  fc.assert(
    fc.property(
      fc.record({
        mss: fc.option(fc.integer({ min: 0, max: 65_535 }), { nil: undefined }),
        windowScale: fc.option(fc.integer({ min: 0, max: 255 }), { nil: undefined }),
        sackPermitted: fc.boolean(),
        timestamps: fc.option(fc.record({ value: uint32, echo: uint32 }), { nil: undefined }),
        sack: fc.array(fc.record({ left: uint32, right: uint32 }), { maxLength: 4 }),
        unknown: fc.constant([]),
      }),
      (options) => {
        const bytes = encodeOptions(options);
        assert.equal(bytes.length, tcpOptionsSize(options));
        assert.deepEqual(
          JSON.parse(JSON.stringify(decodeOptions(bytes, true))),
          JSON.parse(JSON.stringify(options)),
        );
      },
    ),
  );
});

test("arbitrary bytes are options of some kind", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (bytes, syn) => {
      const { mss, unknown } = decodeOptions(bytes, syn);
      if (!syn) assert.equal(mss, undefined);
      assert.ok(unknown.every(({ data }) => data.length <= 38));
    }),
  );
});

test("segments in any order, cut and repeated in any way, give the bytes that were sent", () => {
  const pieces = fc.array(fc.tuple(fc.nat({ max: 199 }), fc.integer({ min: 1, max: 40 })), { maxLength: 60 });
  fc.assert(
    fc.property(fc.integer(), pieces, (start, cuts) => {
      const sent = Uint8Array.from({ length: 200 }, (_, index) => index);
      const queue = new ReceiveQueue();
      const arrived = new Set<number>();
      let next = start;
      for (const [from, length] of [...cuts, [0, 200] as const]) {
        const data = sent.subarray(from, Math.min(from + length, 200));
        for (let index = 0; index < data.length; index += 1) arrived.add(from + index);
        let sequence = add(start, from);
        let rest = data;
        const known = distance(sequence, next);
        if (known >= rest.length) continue;
        if (known > 0) {
          rest = rest.subarray(known);
          sequence = next;
        }
        const duplicates: number[] = [];
        const onDuplicate = (left: number, right: number) => duplicates.push(distance(left, right));
        if (sequence === next) {
          queue.append(new ReceivedSegment(sequence, rest, false));
          next = add(next, rest.length);
          for (;;) {
            const more = queue.takeReached(next, onDuplicate);
            if (more === undefined) break;
            queue.append(more);
            next = more.end;
          }
        } else {
          queue.insert(new ReceivedSegment(sequence, rest, false), onDuplicate);
        }
        assert.ok(duplicates.every((length) => length > 0));
        let reached = 0;
        while (arrived.has(reached)) reached += 1;
        assert.equal(distance(start, next), reached);
      }
      const received: number[] = [];
      for (let segment = queue.head; segment !== undefined; segment = segment.next)
        received.push(...segment.data);
      assert.deepEqual(received, [...sent]);
      while (queue.head !== undefined) queue.removeHead();
      assert.equal(queue.memory, 0);
      assert.equal(queue.hasGap, false);
    }),
  );
});

test("SACK blocks: the newest first, merged where they touch, four at most, and a DSACK once", () => {
  const acks = new SelectiveAcks();
  acks.add(100, 200);
  acks.add(300, 400);
  assert.deepEqual(acks.take(4), [
    { left: 300, right: 400 },
    { left: 100, right: 200 },
  ]);
  acks.add(200, 300);
  assert.deepEqual(acks.take(4), [{ left: 100, right: 400 }]);
  for (const left of [500, 600, 700, 800]) acks.add(left, left + 50);
  acks.setDuplicate(10, 20);
  assert.deepEqual(
    acks.take(3).map(({ left }) => left),
    [10, 800, 700],
  );
  assert.deepEqual(
    acks.take(4).map(({ left }) => left),
    [800, 700, 600, 500],
  );
  acks.removeBefore(650, false);
  assert.equal(acks.count, 2);
});

test("the round trip time is smoothed as RFC 6298 says, and the timeout is 200 ms more at least", () => {
  const rtt = new RoundTripTime();
  rtt.measure(20_000, 1, 100, 200_000);
  assert.equal(rtt.smoothed / 8, 20_000);
  assert.equal(rtt.base(120e9), 220e6);
  for (let sequence = 1; sequence < 200; sequence += 1)
    rtt.measure(20_000, sequence * 100, sequence * 100 + 100, 200_000);
  assert.equal(rtt.smoothed / 8, 20_000);
  for (let sequence = 200; sequence < 300; sequence += 1)
    rtt.measure(1_000_000, sequence * 100, sequence * 100 + 100, 200_000);
  assert.ok(Math.abs(rtt.smoothed / 8 - 1_000_000) < 10_000, `${rtt.smoothed / 8}`);
  // A day: no number overflows.
  rtt.measure(86_400e6, 1, 2, 200_000);
  assert.ok(rtt.base(120e9) === 120e9 && rtt.smoothed > 8e9);
});

test("the send queue counts what is on its way through splits and removals", () => {
  const queue = new SendQueue();
  const segments = [0, 100, 200].map((at) => new QueuedSegment(at, 16, new Uint8Array(100)));
  for (const segment of segments) queue.append(segment);
  for (const segment of segments) {
    segment.sentAt = 1;
    queue.advanceSendHead();
    queue.noteSent(segment);
  }
  const [first, second] = segments;
  assert.ok(first !== undefined && second !== undefined);
  second.marks |= MARK.LOST;
  queue.lostOut += 1;
  const rest = queue.split(second, 40);
  assert.deepEqual([queue.packetsOut, queue.lostOut, queue.inFlight], [4, 2, 2]);
  assert.equal(rest.sequence, 140);
  assert.equal(second.sentNext, rest);
  assert.equal(queue.memory, 300);
  queue.remove(first);
  assert.equal(queue.head, second);
  assert.equal(queue.lastSent, segments[2]);
});

test("Reno halves its window after a loss, and then grows by one segment a round trip", () => {
  const window = new CongestionWindow();
  const reno = new Reno();
  const ack = (acked: number) => ({ acked, sndUna: 0, sndNxt: 0, now: 0, smoothed: 0, pacingRate: 1e6 });
  reno.avoid(window, ack(10));
  assert.equal(window.cwnd, 20);
  window.ssthresh = reno.ssthresh(window);
  window.cwnd = window.ssthresh;
  assert.equal(window.cwnd, 10);
  for (let index = 0; index < 10; index += 1) reno.avoid(window, ack(1));
  assert.equal(window.cwnd, 11);
});

test("Reno and CUBIC keep two segments, and leave slow start when the threshold is reached", () => {
  const window = new CongestionWindow();
  for (const control of [new Reno(), new Cubic()]) {
    window.cwnd = 1;
    assert.equal(control.ssthresh(window), 2);
  }
  window.ssthresh = 10;
  window.cwnd = 9;
  assert.equal(window.inSlowStart, true);
  window.cwnd = 10;
  assert.equal(window.inSlowStart, false);
});

test("the round trip time is estimated as tcp_rtt_estimator() does", () => {
  const rtt = new RoundTripTime();
  const estimate = (): readonly number[] => [
    rtt.smoothed,
    rtt.deviation,
    rtt.maxDeviation,
    rtt.variation,
    rtt.sequence,
  ];
  rtt.measure(100_000, 1, 100, 50_000);
  assert.deepEqual(estimate(), [800_000, 200_000, 200_000, 200_000, 100]);
  // Shorter: the deviation takes only an eighth of the change.
  rtt.measure(20_000, 50, 150, 50_000);
  assert.deepEqual(estimate(), [720_000, 203_750, 203_750, 203_750, 100]);
  rtt.measure(80_000, 80, 160, 50_000);
  assert.deepEqual(estimate(), [710_000, 162_813, 203_750, 203_750, 100]);
  // A round trip has passed only when something beyond `sequence` is acknowledged.
  rtt.measure(88_750, 100, 170, 50_000);
  assert.deepEqual(estimate(), [710_000, 122_110, 203_750, 203_750, 100]);
  rtt.measure(88_750, 101, 180, 50_000);
  assert.deepEqual(estimate(), [710_000, 91_583, 50_000, 203_750, 180]);
  // And then the variation comes down by a quarter of what it is too much.
  rtt.measure(88_750, 181, 190, 50_000);
  assert.deepEqual(estimate(), [710_000, 68_688, 50_000, 169_985, 190]);
});

test("CUBIC keeps 70 %, returns to the old window at its plateau, and then probes beyond", () => {
  const window = new CongestionWindow();
  const cubic = new Cubic();
  window.cwnd = 100;
  window.ssthresh = cubic.ssthresh(window);
  window.cwnd = window.ssthresh;
  assert.equal(window.cwnd, 70);
  const sizes: number[] = [];
  for (let at = 0; at < 12e9; at += 100e6) {
    for (let left = window.cwnd; left > 0; left -= 10)
      cubic.avoid(window, {
        acked: Math.min(10, left),
        sndUna: 0,
        sndNxt: 0,
        now: at + 1,
        smoothed: 800_000,
        pacingRate: 1e6,
      });
    sizes.push(window.cwnd);
  }
  // K is the cube root of 30 / 0.4: 4.2 seconds.
  const plateau = sizes[42] ?? 0;
  assert.ok(plateau >= 93 && plateau <= 101, `${sizes}`);
  assert.ok((sizes[100] ?? 0) > 130, `${sizes}`);
  assert.ok(sizes.every((size, index) => index === 0 || size >= (sizes[index - 1] ?? 0)));
});

test("CUBIC does not return to a window that it could not reach again", () => {
  const window = new CongestionWindow();
  const cubic = new Cubic();
  window.cwnd = 100;
  cubic.ssthresh(window);
  window.cwnd = 80;
  window.ssthresh = cubic.ssthresh(window);
  window.cwnd = window.ssthresh;
  assert.equal(window.cwnd, 56);
  for (let at = 0; at <= 3_200e6; at += 400e6) {
    const ack = { sndUna: 0, sndNxt: 0, now: at + 1, smoothed: 400_000, pacingRate: 1e6 };
    for (let left = window.cwnd; left > 0; left -= 8)
      cubic.avoid(window, { ...ack, acked: Math.min(8, left) });
  }
  // Fast convergence (RFC 9438, 4.7): the plateau is at 85 % of 80; K is the cube root of 12 / 0.4.
  assert.ok(window.cwnd >= 66 && window.cwnd <= 69, `${window.cwnd}`);
});

test("CUBIC grows in whole segments after slow start, as tcp_cubic.c with its integers does", () => {
  const window = new CongestionWindow();
  const cubic = new Cubic();
  window.cwnd = 48;
  window.ssthresh = 48;
  const sizes: number[] = [];
  for (let index = 0; index < 60; index += 1) {
    const now = 1e9 + index * 100e6;
    const ack = { acked: 2, sndUna: 0, sndNxt: 0, now, smoothed: 800_000, pacingRate: 1e6 };
    cubic.measured(window, 100_000, ack);
    cubic.avoid(window, ack);
    if (index % 10 === 9) sizes.push(window.cwnd);
  }
  assert.deepEqual(sizes, [49, 50, 52, 57, 67, 77]);
});

test("a SYN cookie gives back the MSS, and no other number does", () => {
  const random = new Random(1, "cookies");
  const key = [random.uint32(), random.uint32()];
  const secrets = {
    cookie: (_: object, count: number, which: 0 | 1) =>
      Math.imul((key[which] ?? 0) ^ count, 0x9e3779b1) >>> 0,
  };
  const ends = { localAddress: "10.0.0.1", localPort: 80, remoteAddress: "10.0.0.2", remotePort: 4_000 };
  const segment = (sequence: number, acknowledgment: number) => ({ sequence, acknowledgment });
  for (const [mss, kept] of [
    [1460, 1460],
    [1450, 1440],
    [600, 536],
    [100, 536],
  ] as const) {
    const { cookie } = makeCookie(secrets, ends, { sequence: 77 }, mss, 1e9);
    const back = segment(78, (cookie + 1) >>> 0);
    assert.equal(checkCookie(secrets, ends, back, 1e9), kept);
    assert.equal(checkCookie(secrets, ends, back, 100e9), kept);
    // Two periods of a minute at most: MAX_SYNCOOKIE_AGE.
    assert.equal(checkCookie(secrets, ends, back, 119e9), kept);
    assert.equal(checkCookie(secrets, ends, back, 120e9), undefined);
    assert.equal(checkCookie(secrets, ends, back, 300e9), undefined);
    assert.equal(checkCookie(secrets, ends, segment(78, cookie + 12_345), 1e9), undefined);
  }
  const options = { windowScale: 7, sack: true, ecn: false };
  assert.deepEqual(cookieOptions(cookieTimestamp(options, 1_000_000)), options);
  assert.equal(
    cookieOptions(cookieTimestamp({ ...options, windowScale: undefined }, 99)).windowScale,
    undefined,
  );
});
