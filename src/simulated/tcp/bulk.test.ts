import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { TcpPair } from "../../../test/simulated/tcp-pair.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { Random } from "../clock/random.ts";
import type { LinkOptions } from "../network/network.ts";

const { DONTWAIT = 0 } = constants.MSG;

// Bulk data through a network that loses, reorders and repeats packets arrives as it was sent.

/**
 * Sends this many bytes in each direction, and compares hashes. Returns the time in milliseconds.
 */
function transfer(link: LinkOptions, seed: number, bytes: number): number {
  const pair = new TcpPair(link, seed);
  const { a, b, network } = pair;
  const listener = pair.listen();
  const client = pair.connecting();
  const random = new Random(seed, "bulk");
  const ends = [
    new End(a.system.send, a.system.recv, a.system.shutdown, client, random, bytes),
    new End(b.system.send, b.system.recv, b.system.shutdown, -1, random, bytes),
  ] as const;
  const [one, other] = ends;
  for (let turns = 0; !(one.isDone && other.isDone); turns += 1) {
    assert.ok(turns < 200_000, "the transfer ends");
    if (other.fd === -1) {
      const accepted = b.accept(listener);
      if (accepted >= 0) other.fd = accepted;
    }
    one.work();
    other.work();
    assert.ok(network.clock.runNext(), "something is due");
  }
  assert.equal(one.received.digest("hex"), other.sentHash);
  assert.equal(other.received.digest("hex"), one.sentHash);
  return pair.now;
}

type Send = (fd: number, buffer: Uint8Array, flags: number) => number;

class End {
  fd: number;
  readonly received = createHash("sha256");
  readonly sentHash: string;
  readonly #send: Send;
  readonly #recv: Send;
  readonly #shutdown: (fd: number, how: number) => number;
  readonly #data: Uint8Array;
  readonly #buffer = new Uint8Array(100_000);
  #sent = 0;
  #shut = false;
  #ended = false;

  constructor(
    send: Send,
    recv: Send,
    shutdown: (fd: number, how: number) => number,
    fd: number,
    random: Random,
    bytes: number,
  ) {
    this.fd = fd;
    this.#send = send;
    this.#recv = recv;
    this.#shutdown = shutdown;
    this.#data = new Uint8Array(bytes);
    random.fill(this.#data);
    this.sentHash = createHash("sha256").update(this.#data).digest("hex");
  }

  get isDone(): boolean {
    return this.#ended && this.#shut;
  }

  work(): void {
    if (this.fd === -1) return;
    while (this.#sent < this.#data.length) {
      const sent = this.#send(this.fd, this.#data.subarray(this.#sent, this.#sent + 30_000), DONTWAIT);
      if (sent === -errnos.EAGAIN) break;
      assert.ok(sent > 0, `send() returned ${sent}`);
      this.#sent += sent;
    }
    if (this.#sent === this.#data.length && !this.#shut) {
      assert.equal(this.#shutdown(this.fd, 1), 0);
      this.#shut = true;
    }
    while (!this.#ended) {
      const received = this.#recv(this.fd, this.#buffer, DONTWAIT);
      if (received === -errnos.EAGAIN) break;
      assert.ok(received >= 0, `recv() returned ${received}`);
      this.received.update(this.#buffer.subarray(0, received));
      this.#ended = received === 0;
    }
  }
}

test("a megabyte in each direction arrives through a perfect link", () => {
  assert.ok(transfer({ latency: "5ms" }, 1, 1_000_000) < 1_000);
});

test("data arrives whole through links of every kind", () => {
  fc.assert(
    fc.property(
      fc.record({
        latency: fc.integer({ min: 0, max: 200 }).map((ms) => `${ms}ms` as const),
        jitter: fc.integer({ min: 0, max: 50 }).map((ms) => `${ms}ms` as const),
        loss: fc.double({ min: 0, max: 0.2, noNaN: true }),
        duplicate: fc.double({ min: 0, max: 0.2, noNaN: true }),
        reorder: fc.double({ min: 0, max: 0.3, noNaN: true }),
        corrupt: fc.double({ min: 0, max: 0.05, noNaN: true }),
        mtu: fc.integer({ min: 300, max: 9_000 }),
      }),
      fc.integer(),
      fc.integer({ min: 1, max: 300_000 }),
      (link, seed, bytes) => {
        transfer(link, seed, bytes);
      },
    ),
    { numRuns: 40 },
  );
});

test("data arrives whole through a slow link with a short queue", () => {
  transfer({ latency: "20ms", rate: "2Mbit/s", queue: 10 }, 3, 500_000);
});
