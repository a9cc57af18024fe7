import assert from "node:assert/strict";
import { PassThrough, Writable } from "node:stream";
import { test } from "node:test";
import { PrefixedOutput } from "./prefixed-output.ts";

/** A reader that takes one write at a time, on request. */
class SlowReader extends Writable {
  text = "";
  #taken: ((error?: Error) => void) | undefined;

  constructor() {
    super({ highWaterMark: 1 });
  }

  override _write(bytes: Buffer, _encoding: string, taken: (error?: Error) => void): void {
    this.text += bytes.toString("latin1");
    this.#taken = taken;
  }

  take(error?: Error): void {
    this.#taken?.(error);
  }
}

/** Everything that a worker prints, in pieces of the given bytes, as it is copied. */
async function copied(...pieces: readonly (string | Buffer)[]): Promise<string> {
  const to = new PassThrough();
  const written = to.setEncoding("utf8").toArray();
  const from = new PassThrough();
  new PrefixedOutput(to).copy(from, "[1] ");
  for (const piece of pieces) {
    from.write(piece);
    await new Promise(setImmediate);
  }
  from.end();
  await new Promise((resolve) => from.once("close", resolve));
  to.end();
  return (await written).join("");
}

test("output of a worker: each line has the prefix, even an unfinished one at the end", async () => {
  assert.equal(await copied("one\ntwo\n\nthr", "ee\nfour"), "[1] one\n[1] two\n[1] \n[1] three\n[1] four\n");
  assert.equal(await copied("one\n"), "[1] one\n");
  assert.equal(await copied(), "");
});

test("output of a worker: multi-byte characters split across two reads stay whole", async () => {
  const text = "é€😀".repeat(3);
  const bytes = [...Buffer.from(text)].map((byte) => Buffer.of(byte));
  assert.equal(await copied(...bytes, "\n"), `[1] ${text}\n`);
});

test("output of a worker: bytes that are not UTF-8 are not changed", async () => {
  const to = new SlowReader();
  const from = new PassThrough();
  new PrefixedOutput(to).copy(from, "[1] ");
  from.end(Buffer.from("caf\xe9\n", "latin1"));
  await new Promise((resolve) => from.once("end", resolve));
  assert.equal(to.text, "[1] caf\xe9\n");
});

test("output of a worker: a long line is written in pieces of whole characters, none of them empty", async () => {
  const limit = 64 << 10;
  for (const [character, size] of [
    ["x", 1],
    ["é", 2],
    ["€", 3],
    ["😀", 4],
  ] as const) {
    const shift = "y".repeat(limit % size === 0 ? 1 : 0);
    const line = shift + character.repeat(limit);
    const bytes = Buffer.from(line);
    const pieces = Array.from({ length: Math.ceil(bytes.length / limit) }, (_, index) =>
      bytes.subarray(index * limit, (index + 1) * limit),
    );
    const lines = (await copied(...pieces, "\n", "next\n")).split("\n");
    assert.deepEqual(lines.splice(-2), ["[1] next", ""]);
    assert.ok(lines.every((each) => each.length > 4 && each.startsWith("[1] ")));
    assert.ok(lines.every((each) => each.length <= 2 * limit));
    assert.equal(lines.map((each) => each.slice(4)).join(""), line);
  }
});

test("output of workers: workers wait for a slow reader, and nothing is lost", async () => {
  const to = new SlowReader();
  const output = new PrefixedOutput(to);
  const workers = ["[1] ", "[2] "].map((prefix) => {
    const from = new PassThrough({ highWaterMark: 1 });
    return { prefix, from, ended: output.copy(from, prefix) };
  });
  const expected = workers.map(({ prefix, from }) => {
    const lines = Array.from({ length: 50 }, (_, index) => `line ${index}\n`);
    void (async () => {
      for (const line of lines) {
        // In two pieces.
        for (const piece of [line.slice(0, 3), line.slice(3)])
          if (!from.write(piece)) await new Promise((resolve) => from.once("drain", resolve));
      }
      from.end();
    })();
    return lines.map((line) => prefix + line).join("");
  });
  const both = () => workers.every(({ from }) => from.readableEnded);
  while (!both() || to.writableLength > 0) {
    await new Promise(setImmediate);
    assert.ok(to.writableLength <= 2 * "[1] line 49\n".length, `${to.writableLength} bytes wait`);
    to.take();
  }
  assert.deepEqual(
    workers.map(({ prefix }) =>
      [...to.text.matchAll(/.*\n/g)].filter(([l]) => l.startsWith(prefix)).join(""),
    ),
    expected,
  );
});

test("output of a worker that has ended is read to its end, however slow the reader is", async () => {
  const to = new SlowReader();
  const from = new PassThrough();
  const ended = new PrefixedOutput(to).copy(from, "[1] ");
  from.write("one\n");
  await new Promise(setImmediate);
  from.write("two\n");
  await new Promise(setImmediate);
  from.end("three\n");
  assert.equal(from.readableFlowing, false);
  ended();
  await new Promise((resolve) => from.once("end", resolve));
  while (to.writableLength > 0) {
    to.take();
    await new Promise(setImmediate);
  }
  assert.equal(to.text, "[1] one\n[1] two\n[1] three\n");
});

test("output of a worker is discarded once its reader is gone, and the worker keeps running", async () => {
  const to = new SlowReader();
  const errors: string[] = [];
  to.on("error", ({ message }) => errors.push(message));
  const from = new PassThrough();
  new PrefixedOutput(to).copy(from, "[1] ");
  from.write("one\n");
  await new Promise(setImmediate);
  from.write("two\n");
  to.take(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
  for (let line = 0; line < 100; line++)
    if (!from.write("x".repeat(64 << 10))) await new Promise((resolve) => from.once("drain", resolve));
  from.end();
  await new Promise((resolve) => from.once("end", resolve));
  assert.deepEqual([to.text, errors], ["[1] one\n", ["write EPIPE"]]);
});
