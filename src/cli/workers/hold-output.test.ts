// The output of workers, when its reader is slow.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { inherited } from "../../../test/held-process.ts";
import { HeldWorkers } from "../../../test/held-workers.ts";

/** How many lines each worker prints, of about 1 KiB. */
const LINES = 6000;

/** How many bytes may be in flight: in the two sockets of each pipe, and in hold. */
const ON_THE_WAY = 2 << 20;

const FILLING = "é".repeat(500);

/** The end of the last line of a worker. */
const END = new RegExp(`^\\[(\\d)\\] line ${LINES - 1} é+\n`, "gm");

/** Prints lines like a C program, which blocks on its reader, and records its progress. */
const talkative = `
  if (!process.env.BERKELEY_WORKER_RUN.endsWith(".1")) return setInterval(() => {}, 1e6);
  const { openSync, writeSync } = require("node:fs");
  const noted = openSync("written-" + process.env.BERKELEY_WORKER, "w");
  let written = 0;
  for (let line = 0; line < ${LINES}; line++) {
    // The last line is not finished.
    const text = Buffer.from("line " + line + " ${FILLING}" + (line < ${LINES} - 1 ? "\\n" : ""));
    for (let at = 0; at < text.length; ) at += writeSync(1, text.subarray(at, at + 600));
    written += text.length;
    writeSync(noted, String(written).padStart(12), 0);
  }
  process.exit();`;

function written(held: HeldWorkers, worker: number): number {
  try {
    return Number(readFileSync(join(dirname(held.file), `written-${worker}`), "latin1"));
  } catch {
    // The worker has not started yet.
    return 0;
  }
}

test(
  "hold --workers: the workers wait for a slow reader of the output, which loses and mixes nothing",
  inherited,
  async (context) => {
    const held = new HeldWorkers(context, talkative, ["--workers", "2"]);
    const { stdout } = held.process.child;
    const pieces: string[] = [];
    let last = "";
    let read = 0;
    let ahead = 0;
    const complete = new Set<string>();
    stdout.on("data", (piece: string) => {
      pieces.push(piece);
      read += Buffer.byteLength(piece);
      for (const [, worker = ""] of (last + piece).matchAll(END)) complete.add(worker);
      last = piece;
      stdout.pause();
    });
    while (complete.size < 2) {
      stdout.resume();
      await once(stdout, "data");
      ahead = Math.max(ahead, written(held, 1) + written(held, 2) - read);
    }
    stdout.resume();
    assert.ok(ahead < ON_THE_WAY, `${ahead} bytes were on their way`);
    const lines = pieces.join("").trimEnd().split("\n");
    for (const worker of [1, 2]) {
      const own = lines.filter((line) => line.startsWith(`[${worker}] `));
      const expected = Array.from({ length: LINES }, (_, index) => `[${worker}] line ${index} ${FILLING}`);
      assert.ok(own.join() === expected.join(), `${own.length} lines of worker ${worker}`);
    }
    assert.equal(lines.length, 2 * LINES);
    held.process.child.kill("SIGTERM");
    assert.deepEqual(await held.process.ended, [0, null]);
  },
);
