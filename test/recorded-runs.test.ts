import assert from "node:assert/strict";
import { test } from "node:test";
import { gather } from "./matrix.ts";
import { conformancePage } from "./matrix-text.ts";
import type { RowRecord } from "./record.ts";
import { NOT_RUN, type RecordedRun, type RecordedRuns, recordedWith, withRecorded } from "./recorded-runs.ts";

const row: RowRecord = { call: "listen", clause: "a", source: "POSIX", system: "kernel", outcome: "passed" };
const other: RowRecord = { ...row, clause: "b" };
const send: RowRecord = { ...row, call: "send" };
const lacking: RowRecord = { ...other, outcome: "skipped", reason: "Linux 6.8 and later" };
const [rowName, otherName] = ["a [POSIX; kernel]", "b [POSIX; kernel]"];
const run: RecordedRun = {
  kernel: "linux-image-6.1",
  runtime: "Node 20",
  command: "npm run …",
  date: "2026-01-02",
};
const none: RecordedRuns = { runs: {}, conformance: { columns: [], calls: {} } };

test("a recorded column follows the columns of this host, with its own skips", () => {
  const recorded = recordedWith(none, "Linux 6.1", run, [row, lacking, send]);
  const merged = withRecorded(gather({ Linux: [row, other, send] }), recorded);
  assert.deepEqual(merged.columns, ["Linux", "Linux 6.1"]);
  assert.deepEqual(merged.calls.listen?.skipped, {
    [otherName]: { "Linux 6.1": { reason: "Linux 6.8 and later", exception: false } },
  });
  assert.deepEqual(merged.calls.send?.skipped, {});
  // The matrix that has been written is read again.
  assert.deepEqual(withRecorded(merged, recorded), merged);
  assert.match(conformancePage(merged), /\| Linux 6\.1 \| +linux-image-6\.1 \| .*2026-01-02 \|/);
});

test("a row that is newer than the recorded run counts as skipped there, until the next run", () => {
  const recorded = recordedWith(none, "Linux 6.1", run, [row]);
  const merged = withRecorded(gather({ Linux: [row, other, send] }), recorded);
  assert.deepEqual(merged.calls.listen?.skipped, { [otherName]: { "Linux 6.1": NOT_RUN } });
  assert.deepEqual(merged.calls.send?.skipped, { [rowName]: { "Linux 6.1": NOT_RUN } });
  const page = conformancePage(merged);
  assert.match(page, /^- Linux 6\.1: 1 of `listen`, 1 of `send`$/m);
  assert.doesNotMatch(page, /### Not run/);
  const again = recordedWith(recorded, "Linux 6.1", run, [row, other, send]);
  assert.deepEqual(withRecorded(gather({ Linux: [row, other, send] }), again).calls.listen?.skipped, {});
});

test("a run of some tables keeps the others, and other columns'", () => {
  const first = recordedWith(none, "Linux 6.12", run, [row, lacking, send]);
  const second = recordedWith(first, "Linux 6.1", { ...run, date: "2026-01-03" }, [row, other]);
  assert.deepEqual(second.conformance.columns, ["Linux 6.1", "Linux 6.12"]);
  assert.deepEqual(second.conformance.calls.listen?.skipped, {
    [otherName]: { "Linux 6.12": { reason: "Linux 6.8 and later", exception: false } },
  });
  assert.deepEqual(second.conformance.calls.send?.skipped, { [rowName]: { "Linux 6.1": NOT_RUN } });
  const third = recordedWith(second, "Linux 6.1", run, [send]);
  assert.deepEqual(third.conformance.calls.listen, second.conformance.calls.listen);
  assert.deepEqual(third.conformance.calls.send?.skipped, {});
});

test("a row that no column runs any more leaves the record", () => {
  const first = recordedWith(none, "Linux 6.1", run, [row, other]);
  const second = recordedWith(first, "Linux 6.1", run, [row]);
  assert.deepEqual(second.conformance.calls.listen?.rows, [rowName]);
});
