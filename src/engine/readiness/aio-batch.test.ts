import assert from "node:assert/strict";
import { engineTest } from "../../../test/engine/engine-test.ts";
import { RecordedStream } from "../../../test/engine/recorded-stream.ts";
import type { Fixture } from "../../../test/fixture.ts";
import { isLinuxSince } from "../../../test/linux-version.ts";
import { host } from "../../system/host.ts";
import { openAioBatch } from "./aio-batch.ts";
import { openPoller, readiness } from "./on-machine.ts";
import { ReadinessEngine } from "./readiness.ts";
import type { SendBatch } from "./send-batch.ts";

/** Counts the sends of a batch. */
class ObservedBatch implements SendBatch {
  /** How many sends each call has made. */
  readonly made: number[] = [];
  readonly #batch: SendBatch;

  constructor(batch: SendBatch) {
    this.#batch = batch;
  }

  buffer(index: number): Uint8Array<ArrayBuffer> {
    return this.#batch.buffer(index);
  }

  add(fd: number, buffer: number, length: number): void {
    this.#batch.add(fd, buffer, length);
  }

  send(): number {
    const made = this.#batch.send();
    this.made.push(made);
    return made;
  }

  result(index: number): number {
    return this.#batch.result(index);
  }
}

/** An engine with a batch; null where the system has none. */
function withBatch(batch: SendBatch | undefined) {
  if (batch === undefined) return null;
  const observed = new ObservedBatch(batch);
  return { observed, engine: new ReadinessEngine(host, openPoller, undefined, () => observed) };
}

/**
 * Streams that echo a piece, and their peers, all of which have sent one before the streams are
 * served.
 */
function echoes(fixture: Fixture, engine: ReadinessEngine, count: number) {
  const pairs = Array.from({ length: count }, (_, index) => {
    const [left, right] = fixture.pair();
    const stream = new RecordedStream(engine, left);
    stream.whenData = (bytes) => stream.stream.write(bytes);
    stream.stream.resume();
    const peer = new RecordedStream(readiness, right);
    peer.stream.resume();
    peer.stream.write(Buffer.from(`piece ${index}`));
    return { stream, peer };
  });
  return {
    pairs,
    async answered() {
      for (const [index, { peer }] of pairs.entries()) await peer.until(() => peer.text === `piece ${index}`);
    },
    async close() {
      for (const { stream, peer } of pairs) await Promise.all([stream.close(), peer.close()]);
    },
  };
}

/** Whether sockets take RWF_NOWAIT, since Linux 6.5: without it, the engine sends one by one. */
const takesFlags = isLinuxSince([6, 5]);

engineTest(readiness, "answers to many peers are sent with one call", async (fixture) => {
  const opened = withBatch(openAioBatch());
  if (opened === null) return fixture.skip("the system has no io_submit()");
  const { engine, observed } = opened;
  const { answered, close } = echoes(fixture, engine, 100);
  await answered();
  const made = observed.made.reduce((sum, each) => sum + each, 0);
  // Handlers that take more than a millisecond end a batch.
  if (takesFlags) assert.ok(made > 90 && observed.made.length < 25, observed.made.join());
  else assert.equal(made, 0, "every peer was answered without it");
  await close();
});

engineTest(readiness, "more sends than the kernel keeps results for", async (fixture) => {
  const opened = withBatch(openAioBatch());
  if (opened === null) return fixture.skip("the system has no io_submit()");
  const { engine, observed } = opened;
  const { pairs, answered, close } = echoes(fixture, engine, 50);
  await answered();
  for (let round = 1; round < 40; round++) {
    for (const [index, { peer }] of pairs.entries()) peer.stream.write(Buffer.from(`, ${round} ${index}`));
    await Promise.all(pairs.map(({ peer }) => peer.until(() => peer.text.includes(`, ${round} `))));
  }
  const made = observed.made.reduce((sum, each) => sum + each, 0);
  assert.equal(made > 1500, takesFlags, observed.made.join());
  await close();
});

engineTest(readiness, "a kernel that knows none of the flags sends one by one", async (fixture) => {
  const unknown = 0x4000;
  const known = 8;
  for (const flags of [[unknown], [unknown, known]]) {
    const opened = withBatch(openAioBatch(flags));
    if (opened === null) return fixture.skip("the system has no io_submit()");
    const { engine, observed } = opened;
    const first = echoes(fixture, engine, 3);
    await first.answered();
    const second = echoes(fixture, engine, 3);
    await second.answered();
    const made = observed.made.reduce((sum, each) => sum + each, 0);
    assert.equal(made > 0, takesFlags && flags.includes(known), observed.made.join());
    await Promise.all([first.close(), second.close()]);
  }
});
