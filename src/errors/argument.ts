import { builtin } from "../builtin.ts";
import { copyOf, isUint8Array } from "../system/view.ts";

const isProxy = builtin("node:util/types")?.isProxy ?? (() => false);

/**
 * Returns the value if it is an integer in the range; otherwise throws a TypeError or RangeError
 * that says what was expected.
 */
export function integer(what: string, value: number, min: number, max: number): number {
  if (typeof value !== "number") throw argumentType(`${what} must be a number, not ${kind(value)}`);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw outOfRange(`${what} must be an integer from ${min} to ${max}, not ${value}`);
  }
  return value;
}

/** Returns the value if it is a boolean; otherwise throws a TypeError. */
export function boolean(what: string, value: boolean): boolean {
  if (typeof value !== "boolean") throw argumentType(`${what} must be true or false, not ${kind(value)}`);
  return value;
}

/** Returns the value if C can take it as a string; otherwise throws a TypeError. */
export function cString(what: string, value: string): string {
  if (typeof value !== "string") throw argumentType(`${what} must be a string, not ${kind(value)}`);
  if (value.includes("\0")) {
    throw invalidValue(`${what} must not contain a NUL, as ${JSON.stringify(value)} does`);
  }
  return value;
}

/** A C int. */
export const int = (what: string, value: number): number => integer(what, value, -0x80000000, 0x7fffffff);

/** A descriptor number. */
export const descriptor = (value: number): number => integer("a descriptor", value, 0, 0x7fffffff);

// Every argument error of the package is made here, with the code that Node's own error would have.

/** The error for a value of the wrong type. */
export const argumentType = (message: string): TypeError =>
  Object.assign(new TypeError(message), { code: "ERR_INVALID_ARG_TYPE" });

/** The error for a value of the right type that is not allowed, or contradicts another. */
export const invalidValue = (message: string): TypeError =>
  Object.assign(new TypeError(message), { code: "ERR_INVALID_ARG_VALUE" });

/** The error for a number, length or count out of range. */
export const outOfRange = (message: string): RangeError =>
  Object.assign(new RangeError(message), { code: "ERR_OUT_OF_RANGE" });

/** The error for a string that is not one of those allowed, or is malformed. */
export const invalidString = (value: unknown, message: string): TypeError =>
  typeof value === "string" ? invalidValue(message) : argumentType(message);

/**
 * An Error for a call that does not fit the state of its object or argument; the code is Node's.
 */
export const invalidState = (message: string): Error =>
  Object.assign(new Error(message), { code: "ERR_INVALID_STATE" });

/** The same for a call that its object will never allow again: a TypeError. */
export const invalidStateForGood = (message: string): TypeError =>
  Object.assign(new TypeError(message), { code: "ERR_INVALID_STATE" });

/** The error for a name or an option that this system lacks. */
export const unavailable = (message: string): TypeError =>
  Object.assign(new TypeError(message), { code: "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM" });

/**
 * The same argument error, with the subject it is about in front of its message. Other errors, such
 * as one that a caller's getter threw, are returned as they are.
 */
export function aboutSubject(subject: string, error: unknown): unknown {
  if (!(error instanceof TypeError || error instanceof RangeError) || !("code" in error)) return error;
  const message = `${subject}: ${error.message}`;
  return Object.assign(error instanceof TypeError ? new TypeError(message) : new RangeError(message), {
    code: error.code,
  });
}

/** Node's error for a write after the end; the code is that of its streams. */
export const writeAfterEnd = (message: string): Error =>
  Object.assign(new Error(message), { code: "ERR_STREAM_WRITE_AFTER_END" });

/** Describes a value for a message. */
export function kind(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  const name = classNameOf(value) ?? "an object";
  return isProxy(value) ? `a Proxy of ${name}` : name;
}

/**
 * `kind()` of a value that is of none of the expected classes, though the name of its class may be:
 * copies of the package in one process share nothing.
 */
export function foreignKind(value: unknown, expected: readonly string[]): string {
  const name = kind(value);
  return expected.includes(name) ? `a ${name} of another module, such as another copy of berkeley` : name;
}

/** A getter or proxy of the caller's may throw here, or return anything. */
function classNameOf(value: object): string | undefined {
  try {
    const name: unknown = value.constructor?.name;
    return typeof name === "string" && name !== "" ? name : undefined;
  } catch {
    return undefined;
  }
}

/** A value as messages show it: a string in quotation marks, or its kind. */
export function quoted(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : kind(value);
}

/** The maximum length of an array (ECMA-262, 10.4.2). */
const MAX_LENGTH = 2 ** 32 - 1;

/**
 * Copies a caller's array, reading each element once. The array's own methods and iterator may
 * return anything, as may the length of a proxy.
 *
 * @param tooMany the message for more than `max`
 */
export function elements<Element>(
  what: string,
  shape: string,
  array: readonly Element[],
  max = MAX_LENGTH,
  tooMany: (length: number) => string = (length) =>
    `${what} has ${length} elements; at most ${max} are allowed`,
): Element[] {
  if (!Array.isArray(array)) throw argumentType(`${what} must be ${shape}, not ${kind(array)}`);
  const length: unknown = array.length;
  if (typeof length !== "number" || !Number.isInteger(length) || length < 0) {
    throw invalidValue(`${what} must be ${shape}; its length is ${String(length)}`);
  }
  if (length > max) throw outOfRange(tooMany(length));
  const copy: Element[] = [];
  for (let index = 0; index < length; index += 1) copy.push(array[index]);
  return copy;
}

/** A plain copy of a caller's Uint8Array. */
export function copyOfBytes(what: string, value: Uint8Array): Uint8Array<ArrayBuffer> {
  if (!isUint8Array(value)) throw argumentType(`${what} must be a Uint8Array, not ${kind(value)}`);
  try {
    return copyOf(value);
  } catch (error) {
    if (error instanceof TypeError) throw detached(what);
    throw error;
  }
}

/** The error for bytes whose memory is gone. */
export const detached = (what: string): TypeError =>
  invalidValue(`${what} is detached: its memory was transferred`);

/** Throws a TypeError that says what was expected unless the value is an object. */
export function checkObject(what: string, shape: string, value: unknown): void {
  if (typeof value !== "object" || value === null) {
    throw argumentType(`${what} must be ${shape}, not ${kind(value)}`);
  }
}
