import assert from "node:assert/strict";

/** The value that the getters of a caller's object throw, which is not an error of ours. */
class ItsOwn extends Error {}

/** An object whose every property throws when it is read. */
function withThrowingGetters(): object {
  const names = "constructor fd _handle socket events family address port path data control type length";
  const get = () => {
    throw new ItsOwn("a getter of the caller's");
  };
  const all = `${names} value descriptors nonblocking closeOnExec system numberOn read write name host options`;
  return Object.defineProperties(
    {},
    Object.fromEntries(all.split(" ").map((name) => [name, { get, enumerable: true }])),
  );
}

/** Values that an argument should not be, by kind. Some of them are right in some positions. */
export const wrongValues: readonly (readonly [kind: string, value: unknown])[] = [
  ["missing", undefined],
  ["null", null],
  ["a boolean", true],
  ["text", "text"],
  ["a symbol", Symbol("wrong")],
  ["a huge bigint", 2n ** 80n],
  ["NaN", Number.NaN],
  ["-1", -1],
  ["a fraction", 1.5],
  ["2 ** 53", 2 ** 53],
  ["an empty object", {}],
  ["an object without a prototype", Object.create(null)],
  ["an array", []],
  ["a function", () => 0],
  ["an object whose getters throw", withThrowingGetters()],
];

/** An argument error: its class, code and message. */
export interface ArgumentError {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

/**
 * Calls, and checks that what is thrown is an argument error: a TypeError or a RangeError with a
 * code of Node's. Undefined if nothing was thrown, "its own" if a getter's error came through.
 */
export function trying(call: () => unknown): ArgumentError | "its own" | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof ItsOwn) return "its own";
    return argumentError(error);
  }
}

/** The same of a call that may return a promise. */
export async function tryingAsync(call: () => unknown): Promise<ArgumentError | "its own" | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    if (error instanceof ItsOwn) return "its own";
    return argumentError(error);
  }
}

function argumentError(error: unknown): ArgumentError {
  assert.ok(error instanceof Error, String(error));
  assert.ok("code" in error && typeof error.code === "string", `no code: ${error.stack}`);
  assert.match(error.code, /^ERR_[A-Z_]+$/, error.stack);
  const { name, code, message } = error;
  assert.equal(name, code === "ERR_OUT_OF_RANGE" ? "RangeError" : "TypeError", error.stack);
  return { name, code, message };
}
