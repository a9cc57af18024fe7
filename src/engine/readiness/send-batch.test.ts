import assert from "node:assert/strict";
import { test } from "node:test";
import { RecordedStream } from "../../../test/engine/recorded-stream.ts";
import { ScriptedPoller } from "../../../test/engine/scripted-poller.ts";
import { scripted } from "../../../test/scripted/scripted.ts";
import { READABLE, WRITABLE } from "../../system/readiness-queue.ts";
import { ReadinessEngine } from "./readiness.ts";
import { SEND_BUFFER, type SendBatch } from "./send-batch.ts";

const { EAGAIN = 0, EINTR = 0, EPIPE = 0 } = scripted({}).errnos;

/** A batch with these results; the sends after them are left to the caller. */
class ScriptedBatch implements SendBatch {
  readonly sent: string[] = [];
  readonly #results: readonly number[];
  readonly #buffers: Uint8Array<ArrayBuffer>[] = [];

  constructor(results: readonly number[]) {
    this.#results = results;
  }

  buffer(index: number): Uint8Array<ArrayBuffer> {
    this.#buffers[index] ??= new Uint8Array(SEND_BUFFER);
    return this.#buffers[index];
  }

  add(fd: number, buffer: number, length: number): void {
    this.sent.push(`${fd} ${Buffer.from(this.buffer(buffer).subarray(0, length))}`);
  }

  send(): number {
    return this.#results.length;
  }

  result(index: number): number {
    return this.#results[index] ?? assert.fail("it was not sent");
  }
}

/** Streams that receive their descriptor's number, all in one turn, and answer it. */
function answering(results: readonly number[], count: number) {
  const sent: string[] = [];
  const system = scripted({
    recv: [
      (fd, buffer) => {
        const bytes = Buffer.from(`${fd}`).subarray(0, buffer.length);
        buffer.set(bytes);
        return bytes.length;
      },
    ],
    send: [
      (fd, bytes) => {
        sent.push(`${fd} ${Buffer.from(bytes)}`);
        return bytes.length;
      },
    ],
  });
  const poller = new ScriptedPoller();
  const batch = new ScriptedBatch(results);
  const engine = new ReadinessEngine(system, poller.openPoller, undefined, () => batch);
  const streams = Array.from({ length: count }, (_, index) => {
    const recorded = new RecordedStream(engine, 100 + index);
    recorded.whenData = (bytes) => {
      recorded.stream.write(Buffer.from("to "));
      recorded.stream.write(bytes);
      recorded.stream.pause();
    };
    recorded.stream.resume();
    return recorded;
  });
  for (const index of streams.keys()) poller.report(100 + index, READABLE);
  return { streams, poller, batch, sent };
}

test("readiness: a batch sends the writes of several handlers, and the rest follows", async () => {
  const { streams, poller, batch, sent } = answering([6, 2, -EAGAIN, -EINTR], 6);
  const [first, part, full, ...others] = streams;
  assert.ok(first && part && full);
  for (const each of [first, ...others]) await each.until(() => each.drains > 0);
  const all = streams.map((_, index) => `${100 + index} to ${100 + index}`);
  assert.deepEqual(batch.sent, all);
  // The one that a signal interrupted, and those that the batch did not make.
  assert.deepEqual(sent.toSorted(), all.slice(3));
  assert.deepEqual([part.stream.pendingBytes, full.stream.pendingBytes], [4, 6]);
  for (const fd of [101, 102]) poller.report(fd, WRITABLE);
  for (const each of [part, full]) await each.until(() => each.drains > 0);
  assert.deepEqual(sent.slice(3), ["101  101", "102 to 102"]);
  await Promise.all(streams.map((each) => each.close()));
});

test("readiness: a send that fails in a batch is reported to its stream alone", async () => {
  const { streams } = answering([6, -EPIPE, 6], 3);
  const [first, failed, last] = streams;
  assert.ok(first && failed && last);
  for (const each of [first, last]) await each.until(() => each.drains > 0);
  assert.deepEqual([first.errno, last.errno, failed.drains], [0, 0, 0]);
  assert.equal(await failed.close(), -EPIPE);
  await Promise.all([first.close(), last.close()]);
});
