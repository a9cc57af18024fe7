/**
 * Throws if `condition` is false. For states that berkeley itself rules out: a failure is a bug in
 * berkeley, not in its caller.
 *
 * @param message the expected state; a constant, since hot paths must not build a string
 */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) fail(message);
}

/**
 * Returns `value`, which is never undefined or null here. For use in expressions: `defined(list[0],
 * …)`.
 */
export function defined<Value>(value: Value, message: string): NonNullable<Value> {
  return value ?? fail(message);
}

function fail(message: string): never {
  throw new Error(`berkeley: invariant violated: ${message}; please report this`);
}
