import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { handedDescriptors } from "./listen-fds.ts";

const PID = 4121;
const NONE = { count: 0, names: undefined };

test("LISTEN_FDS: written variables can be read again", () => {
  const name = fc.string({ unit: "grapheme-ascii", maxLength: 20 }).map((text) => text.replaceAll(":", ""));
  fc.assert(
    fc.property(fc.array(name, { minLength: 2, maxLength: 20 }), fc.boolean(), (names, hasPid) => {
      const environment = {
        LISTEN_FDS: `${names.length}`,
        LISTEN_FDNAMES: names.join(":"),
        ...(hasPid ? { LISTEN_PID: `${PID}` } : {}),
      };
      assert.deepEqual(handedDescriptors(environment, PID), { count: names.length, names });
    }),
  );
});

test("LISTEN_FDS: any variables yield a count or a message", () => {
  const value = fc.oneof(
    fc.constant(undefined),
    fc.string(),
    fc.integer().map(String),
    fc.constantFrom(
      "0",
      "03",
      " 3",
      "3 ",
      "+3",
      "0x3",
      "3.0",
      "2147483644",
      "2147483645",
      "99999999999",
      ":",
    ),
  );
  fc.assert(
    fc.property(value, value, value, (LISTEN_FDS, LISTEN_FDNAMES, LISTEN_PID) => {
      const handed = handedDescriptors({ LISTEN_FDS, LISTEN_FDNAMES, LISTEN_PID }, PID);
      if (typeof handed === "string") return assert.match(handed, /^LISTEN_\w+ .*\.$/s);
      const { count, names } = handed;
      assert.ok(Number.isInteger(count) && count >= 0 && count <= 0x7fffffff - 3);
      assert.ok(names === undefined || names.length === count);
      if (count > 0) assert.equal(Number(LISTEN_FDS), count);
      if (count > 0 && LISTEN_PID) assert.equal(Number(LISTEN_PID), PID);
    }),
    { numRuns: 2000 },
  );
});

const rows: readonly [what: string, environment: NodeJS.ProcessEnv, expected: object | RegExp][] = [
  ["nothing", {}, NONE],
  ["LISTEN_PID alone", { LISTEN_PID: "4121" }, NONE],
  ["an empty LISTEN_FDS", { LISTEN_FDS: "" }, NONE],
  ["one descriptor", { LISTEN_FDS: "1" }, { count: 1, names: undefined }],
  ["no descriptor", { LISTEN_FDS: "0" }, NONE],
  ["another's", { LISTEN_FDS: "1", LISTEN_PID: "4122" }, NONE],
  // sd_listen_fds() checks LISTEN_PID first, too: variables for another process may be malformed.
  ["another's, malformed", { LISTEN_FDS: "many", LISTEN_PID: "4122" }, NONE],
  ["ours", { LISTEN_FDS: "1", LISTEN_PID: "4121" }, { count: 1, names: undefined }],
  ["an empty LISTEN_PID", { LISTEN_FDS: "1", LISTEN_PID: "" }, { count: 1, names: undefined }],
  ["an empty name", { LISTEN_FDS: "2", LISTEN_FDNAMES: ":b" }, { count: 2, names: ["", "b"] }],
  ["a sign", { LISTEN_FDS: "-1" }, /^LISTEN_FDS must be a number of descriptors, not "-1"\.$/],
  ["a malformed pid", { LISTEN_FDS: "1", LISTEN_PID: "$$" }, /^LISTEN_PID .* not "\$\$"\.$/],
  ["pid 0", { LISTEN_FDS: "1", LISTEN_PID: "0" }, /^LISTEN_PID .* not "0"\.$/],
  [
    "too few names",
    { LISTEN_FDS: "2", LISTEN_FDNAMES: "a" },
    /^LISTEN_FDNAMES has 1 names, and LISTEN_FDS is 2\.$/,
  ],
];

for (const [what, environment, expected] of rows) {
  test(`LISTEN_FDS: ${what}`, () => {
    const handed = handedDescriptors(environment, PID);
    if (expected instanceof RegExp) assert.match(String(handed), expected);
    else assert.deepEqual(handed, expected);
  });
}
