import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { hostileBytes, hostileViews } from "../../../test/hostile.ts";
import { type Chunk, writeChunks } from "./write-chunks.ts";

/** The pieces that are written. */
function written(chunks: readonly Chunk[]): Buffer[] {
  const pieces: Buffer[] = [];
  writeChunks({ write: (bytes) => pieces.push(Buffer.from(bytes)) }, chunks);
  return pieces;
}

const bytes = (chunk: Uint8Array): Chunk => ({ chunk, encoding: "utf8" });
const text = (chunk: string, encoding: BufferEncoding = "utf8"): Chunk => ({ chunk, encoding });

test("chunks are gathered up to 64 KiB, and written in order", () => {
  const [small, half, whole, large] = [7, 40_000, 65_536, 65_537].map((size) => randomBytes(size));
  assert.ok(small && half && whole && large);
  const rows: [Chunk[], number[]][] = [
    [[], []],
    [[text(""), bytes(small.subarray(0, 0))], []],
    [[bytes(small), text("äß€"), text("6869", "hex"), bytes(small)], [7 + 7 + 2 + 7]],
    [
      [bytes(half), bytes(half), bytes(small)],
      [40_000, 40_007],
    ],
    [[bytes(whole)], [65_536]],
    [
      [bytes(small), bytes(whole), text("z")],
      [7, 65_536, 1],
    ],
    [
      [bytes(small), bytes(large), bytes(small)],
      [7, 65_537, 7],
    ],
    // A text may take three bytes for each of its units.
    [
      [bytes(half), text("x".repeat(10_000)), bytes(small)],
      [40_000, 10_007],
    ],
    [
      [text("x"), text("€".repeat(30_000)), text("y")],
      [1, 90_000, 1],
    ],
  ];
  for (const [chunks, sizes] of rows) {
    const pieces = written(chunks);
    assert.deepEqual(
      pieces.map(({ length }) => length),
      sizes,
    );
    const expected = chunks.map(({ chunk, encoding }) =>
      typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk,
    );
    assert.ok(Buffer.concat(pieces).equals(Buffer.concat(expected)));
  }
});

const views: typeof hostileViews = {
  ...hostileViews,
  "a length that is a little too long": (length) =>
    Object.defineProperty(Buffer.alloc(length), "length", { value: length + 100 }),
};

for (const [odd, make] of Object.entries(views)) {
  test(`a chunk with ${odd}: only its real bytes are written, none of earlier chunks`, () => {
    written([bytes(Buffer.alloc(65_536, "another connection's"))]);
    const chunk = hostileBytes(make, Buffer.from("true bytes"));
    const pieces = written([text("<"), bytes(chunk), text(">")]);
    assert.equal(`${Buffer.concat(pieces)}`, "<true bytes>");
  });
}
