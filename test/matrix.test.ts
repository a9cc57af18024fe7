import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Conformance, countsOf, differences, gather, problems, updated } from "./matrix.ts";
import { columnsTitle, conformancePage, summaryTable } from "./matrix-text.ts";
import { except } from "./platform.ts";
import type { RowRecord } from "./record.ts";
import { root } from "./root.ts";

const read = (file: string) => readFileSync(join(root, file), "utf8");
const committed = (): Conformance => JSON.parse(read("docs/conformance.json"));
const here = except({ windows: "the documents are not part of the package there" });
const advice = "the page is stale: run npm run conformance";

test("docs/conformance.md matches docs/conformance.json", here, () => {
  assert.equal(read("docs/conformance.md"), conformancePage(committed()), advice);
});

const row: RowRecord = { call: "listen", clause: "a", source: "POSIX", system: "kernel", outcome: "passed" };
const other: RowRecord = { ...row, clause: "b" };

test("a row that failed, ran in some columns only, or ran twice, is a problem", () => {
  assert.deepEqual(problems({ one: [row], two: [row] }), []);
  assert.deepEqual(problems({ one: [{ ...row, outcome: "failed" }] }), [
    "one: failed: listen: a [POSIX; kernel]",
  ]);
  assert.deepEqual(problems({ one: [row], two: [] }), ["two: did not run: listen: a [POSIX; kernel]"]);
  assert.deepEqual(problems({ one: [row, row] }), ["one: ran twice: listen: a [POSIX; kernel]"]);
});

test("new rows, missing rows and changed exceptions are differences; skips for lack of something are not", () => {
  const before = gather({ one: [row] });
  assert.deepEqual(differences(before, gather({ one: [row] })), []);
  assert.deepEqual(differences(before, gather({ one: [row, other] })), [
    "listen: a row is new: b [POSIX; kernel]",
  ]);
  assert.deepEqual(differences(gather({ one: [row, other] }), before), [
    "listen: a row is gone: b [POSIX; kernel]",
  ]);
  assert.deepEqual(differences(before, gather({ two: [row] })), [
    "a column is new: two",
    "a column is gone: one",
  ]);
  const lacking: RowRecord = { ...row, outcome: "skipped", reason: "no IPv6" };
  assert.deepEqual(differences(before, gather({ one: [lacking] })), []);
  assert.deepEqual(differences(before, gather({ one: [{ ...lacking, platform: "linux" }] })), [
    "listen: an exception is new: one: a [POSIX; kernel]: no IPv6",
  ]);
});

test("a run of some tables in some columns leaves the rest of the matrix unchanged", () => {
  const skipped: RowRecord = { ...row, outcome: "skipped", reason: "it has none", platform: "windows" };
  const send: RowRecord = { ...row, call: "send" };
  const before = gather({ Linux: [row, send], Windows: [skipped, send] });
  const columns = ["Linux", "Windows"];
  assert.deepEqual(updated(before, gather({ Linux: [row] }), columns), before);
  const after = updated(before, gather({ Linux: [row, other] }), columns);
  assert.deepEqual(after.calls.listen?.rows, gather({ Linux: [row, other] }).calls.listen?.rows);
  assert.deepEqual(countsOf(after, "listen"), [
    { passed: 2, skipped: 0 },
    { passed: 1, skipped: 1 },
  ]);
  assert.deepEqual(after.calls.send, before.calls.send);
});

test("the counts of a call, and merged columns with equal counts", () => {
  const skipped: RowRecord = { ...other, outcome: "skipped", reason: "Bun differs", platform: "bun" };
  const conformance = gather({
    "Linux, Node 20": [row, other],
    "Linux, Node 22": [row, other],
    "Linux, Bun": [row, skipped],
  });
  assert.deepEqual(countsOf(conformance, "listen"), [
    { passed: 2, skipped: 0 },
    { passed: 2, skipped: 0 },
    { passed: 1, skipped: 1 },
  ]);
  assert.deepEqual(summaryTable(conformance).split("\n"), [
    "|          | Linux (Node 20, 22) |       Linux (Bun) |",
    "| -------- | ------------------: | ----------------: |",
    "| `listen` |                   2 |     1 (1 skipped) |",
    "| **all**  |               **2** | **1 (1 skipped)** |",
  ]);
  assert.match(conformancePage(conformance), /### Bun differs\n\n- `listen`: b \(Linux \(Bun\)\)\n$/);
});

test("columns of the same system are named together", () => {
  assert.equal(columnsTitle(["Simulated", "Linux 6.1, x64"]), "Simulated, Linux 6.1 (x64)");
  const wine = ["Windows (Wine), Node 22", "Windows (Wine), Node 20"] as const;
  const apart = ["Linux, Node 20", ...wine, "Linux, Bun", "Linux, musl"] as const;
  assert.equal(columnsTitle(apart), "Linux (Node 20, Bun, musl), Windows (Wine, Node 22, 20)");
});
