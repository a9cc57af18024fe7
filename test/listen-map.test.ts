import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { listenErrors } from "../src/posix/listen.ts";
import { posix, zig } from "./listen-documents.ts";
import { listenMapProblems, listenPage } from "./listen-map.ts";
import type { Conformance } from "./matrix.ts";
import { except } from "./platform.ts";
import { root } from "./root.ts";

const here = except({ windows: "the documents are not part of the package there" });
const read = (file: string) => readFileSync(join(root, file), "utf8");
const committed = (): Conformance => JSON.parse(read("docs/conformance.json"));

/** The members of std.posix.ListenError, from Zig's documentation. */
const zigMembers = [
  "AddressInUse",
  "AlreadyConnected",
  "FileDescriptorNotASocket",
  "NetworkSubsystemFailed",
  "OperationNotSupported",
  "SocketNotBound",
  "SystemResources",
  "Unexpected",
];

/**
 * The errors of POSIX.1-2017's listen(3p), in its order: EINVAL is listed under "shall" and "may".
 */
const posixErrors = [
  "EBADF",
  "EDESTADDRREQ",
  "EINVAL",
  "ENOTSOCK",
  "EOPNOTSUPP",
  "EACCES",
  "EINVAL",
  "ENOBUFS",
];

test("every row and every line of code that docs/listen.md names exists", here, () => {
  assert.deepEqual(listenMapProblems(committed(), root), []);
});

test("docs/listen.md matches the tables", here, () => {
  assert.equal(
    read("docs/listen.md"),
    listenPage(committed()),
    "it is stale: run node scripts/listen-map.mjs",
  );
});

test("docs/listen.md has every member of Zig's ListenError, and berkeley has each of them", () => {
  const clauses = zig.find(({ title }) => title === "ListenError")?.clauses ?? [];
  const named = clauses.map(({ says }) => /^`(\w+)`/.exec(says)?.[1]);
  assert.deepEqual([...new Set(named)], zigMembers);
  const names: readonly string[] = Object.keys(listenErrors.entries);
  assert.deepEqual(
    zigMembers.filter((name) => !names.includes(name)),
    [],
  );
});

test("docs/listen.md has every error and every sentence of POSIX listen(3p)", () => {
  const clauses = posix.flatMap((part) => part.clauses.map(({ says }) => says));
  const codes = clauses.map((says) => /^\*\*(E\w+)\*\*/.exec(says)?.[1]).filter(Boolean);
  assert.deepEqual(codes, posixErrors);
  const counts = Object.fromEntries(posix.map(({ title, clauses }) => [title, clauses.length]));
  assert.deepEqual(counts, {
    Synopsis: 1,
    Description: 12,
    "Return value": 1,
    "Errors that must be reported": 5,
    "Errors that may be reported": 3,
  });
});

test("unknown rows and missing code are problems", () => {
  const conformance = committed();
  const listen = conformance.calls.listen ?? { rows: [], skipped: {} };
  const rows = listen.rows.filter((row) => !row.startsWith("a negative backlog"));
  const changed = { ...conformance, calls: { ...conformance.calls, listen: { ...listen, rows } } };
  const problems = listenMapProblems(changed, root);
  assert.ok(problems.length > 0);
  for (const problem of problems) assert.match(problem, /a negative backlog acts as 0$/);
  assert.ok(
    listenMapProblems(conformance, join(root, "docs")).some((line) => line.endsWith("has no tryListen")),
  );
});
