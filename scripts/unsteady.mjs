// Test files that may fail now and then for a reason that is not ours to fix, as a fault of the
// runtime or of the kernel: `{ file: "build/src/….test.js", why: "… (a link to the report)" }`.
// Load is no such reason: a test waits for events, never for time.
const explained = [];

/** Why a file may fail now and then; undefined for any other, whose failure counts. */
export const explanationOf = (file) => explained.find((each) => each.file === file)?.why;
