import { builtin } from "../builtin.ts";

const isNativeError = builtin("node:util/types")?.isNativeError ?? (() => false);

/**
 * Whether a value is an error of any realm. Under Jest and in node:vm, Node's errors are not
 * instances of the program's own Error, and V8 does not count a DOMException as a native error
 * before Node 24.
 */
export function isError(value: unknown): value is Error {
  if (value instanceof Error || isNativeError(value)) return true;
  return Object.prototype.toString.call(value) === "[object DOMException]";
}
