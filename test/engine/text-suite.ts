import assert from "node:assert/strict";
import { nextTick } from "../../src/clock/next-tick.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { SOCK } from "../../src/posix/constants.ts";
import type { Fixture } from "../fixture.ts";
import { engineTest, someTurns } from "./engine-test.ts";
import { RecordedStream } from "./recorded-stream.ts";

const ENCODINGS = ["utf8", "latin1", "ascii", "ucs2", "hex", "base64"] as const;

/** In each encoding it takes one to three bytes for each unit, or fewer. */
const TEXT = "48656c6c6f é € 😀 \u0000";

/** It keeps copies of the views that the engine reuses. */
class CopyingStream extends RecordedStream {
  copied = Buffer.alloc(0);

  onDataToCopy(bytes: Uint8Array): void {
    this.copied = Buffer.concat([this.copied, bytes]);
    this.changed();
  }
}

async function ended(...streams: RecordedStream[]): Promise<void> {
  await Promise.all(streams.map((stream) => stream.close()));
}

export function textSuite(engine: Engine): void {
  const textTest = (what: string, run: (fixture: Fixture) => Promise<void>) =>
    engineTest(engine, `stream: ${what}`, run);

  function both(fixture: Fixture): [RecordedStream, RecordedStream] {
    const [left, right] = fixture.pair(SOCK.STREAM, { nonblocking: true });
    return [new RecordedStream(engine, left), new RecordedStream(engine, right)];
  }

  textTest("writeText() sends the bytes of Buffer.from(), in order with write()", async (fixture) => {
    const [left, right] = both(fixture);
    right.stream.resume();
    const expected: Buffer[] = [];
    const bytes = (text: string) => {
      left.stream.write(Buffer.from(text));
      expected.push(Buffer.from(text));
    };
    const text = (written: string, encoding: BufferEncoding) => {
      const buffer = Buffer.from(written, encoding);
      assert.equal(left.stream.writeText(written, encoding, written.length * 3), buffer.length);
      expected.push(buffer);
    };
    const writeAll = () => {
      for (const encoding of ENCODINGS) {
        text(TEXT, encoding);
        bytes("between");
        text("€".repeat(1365), encoding);
        text("", encoding);
      }
    };
    writeAll();
    // From a handler, too, where small writes are gathered.
    left.whenData = writeAll;
    left.stream.resume();
    right.stream.write(Buffer.from("go"));
    await right.until(
      () => expected.length === 48 && right.received.length >= Buffer.concat(expected).length,
    );
    assert.deepEqual(right.received, Buffer.concat(expected));
    await ended(left, right);
  });

  textTest(
    "writeText() while the peer does not read leaves it pending, and sends it later",
    async (fixture) => {
      const [left, right] = both(fixture);
      const block = "0123456789abcdef".repeat(256);
      let written = 0;
      while (left.stream.pendingBytes < 1 << 20) {
        written += left.stream.writeText(block, "latin1", block.length);
        if (written % (block.length * 64) === 0) await someTurns();
      }
      right.stream.resume();
      await right.until(() => right.received.length === written);
      assert.equal(right.text, block.repeat(written / block.length));
      assert.equal(left.stream.pendingBytes, 0);
      await ended(left, right);
    },
  );

  textTest("writeText() after shutdown() throws, and after close() does nothing", async (fixture) => {
    const [left, right] = both(fixture);
    left.stream.shutdown();
    assert.throws(() => left.stream.writeText("late", "utf8", 12), { code: "ERR_STREAM_WRITE_AFTER_END" });
    left.stream.close();
    assert.equal(left.stream.writeText("late", "utf8", 12), 0);
    right.stream.resume();
    await right.until(() => right.ended);
    assert.equal(right.text, "");
    await ended(left, right);
  });

  textTest("onDataToCopy() is called in place of onData(), whatever the lengths", async (fixture) => {
    const [left, right] = fixture.pair(SOCK.STREAM, { nonblocking: true });
    const sender = new RecordedStream(engine, left);
    const receiver = new CopyingStream(engine, right);
    receiver.stream.resume();
    // The ring has 128 buffers at first, and uses them in turn.
    const short = Array.from({ length: 300 }, (_, index) => 1 + (index % 7));
    for (const length of [3, 3, 1, 70_000, 2, 16_384, ...short]) {
      const piece = Buffer.alloc(length, `${length} `);
      const before = receiver.copied.length;
      sender.stream.write(piece);
      await receiver.until(() => receiver.copied.length === before + length);
      assert.deepEqual(receiver.copied.subarray(before), piece);
    }
    assert.equal(receiver.chunks.length, 0);
    await ended(sender, receiver);
  });

  textTest("handlers of one turn answer many peers, each its own, in order", async (fixture) => {
    const pairs = Array.from({ length: 80 }, () => both(fixture));
    for (const [index, [left, right]] of pairs.entries()) {
      left.whenData = () => {
        left.stream.write(Buffer.from(`${index}: `));
        left.stream.writeText("€".repeat(index), "utf8", index * 3);
        left.stream.write(Buffer.alloc(index % 9 === 0 ? 20_000 : 2000, "."));
        // Writes to a peer whose handler may have run, or not.
        const [other] = pairs[(index + 40) % pairs.length] ?? [left];
        other.stream.writeText(`<${index}>`, "latin1", 9);
        if (index % 3 === 0) left.stream.close();
      };
      right.stream.resume();
      left.stream.resume();
    }
    for (const [, right] of pairs) right.stream.write(Buffer.from("all at once"));
    for (const [index, [, right]] of pairs.entries()) {
      const other = `<${(index + 40) % pairs.length}>`;
      const own = `${index}: ${"€".repeat(index)}${".".repeat(index % 9 === 0 ? 20_000 : 2000)}`;
      await right.until(() => right.text.includes(own) && (right.ended || right.text.includes(other)));
      assert.ok(
        [own, own + other, other + own].includes(right.text),
        `${index}: ${right.text.slice(0, 100)}`,
      );
    }
    await ended(...pairs.flat());
  });

  textTest("letTicksRun() in a handler has its ticks run before its next call", async (fixture) => {
    const [left, right] = both(fixture);
    let ticks = 0;
    const seen: number[] = [];
    left.whenData = () => {
      seen.push(ticks);
      left.stream.letTicksRun();
      nextTick(() => {
        ticks += 1;
      });
      if (seen.length < 8) left.stream.write(Buffer.from("ping"));
    };
    right.whenData = () => right.stream.write(Buffer.from("pong"));
    left.stream.resume();
    right.stream.resume();
    left.stream.write(Buffer.from("ping"));
    await left.until(() => seen.length === 8);
    assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7]);
    await ended(left, right);
  });
}
