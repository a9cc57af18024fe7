/**
 * Throws if `condition` does not hold. For states that berkeley itself rules out: a failure is a
 * bug of berkeley's, not of its caller.
 *
 * @param message what should hold; a constant, since hot paths must not build a string
 */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) fail(message);
}

/**
 * Returns `value`, which is never undefined or null here. For an expression: `defined(list[0], …)`.
 */
export function defined<Value>(value: Value, message: string): NonNullable<Value> {
  return value ?? fail(message);
}

function fail(message: string): never {
  throw new Error(`berkeley: invariant violated: ${message}; please report this`);
}
