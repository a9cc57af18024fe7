import { isNativeError } from "node:util/types";

/**
 * Whether a value is an error of any realm. Under Jest and in node:vm, what Node throws is not an
 * instance of the program's own Error; a DOMException is no native error to V8 before Node 24.
 */
export function isError(value: unknown): value is Error {
  if (value instanceof Error || isNativeError(value)) return true;
  return Object.prototype.toString.call(value) === "[object DOMException]";
}
