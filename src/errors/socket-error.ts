import type { ErrorName } from "./names.ts";

/** The fields of a SocketError. */
export interface SocketErrorInit<Name extends ErrorName> {
  readonly name: Name;
  readonly message: string;
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  readonly where?: ErrorEndpoint | undefined;
}

/** The address of a call, in the fields that Node's errors use. */
export interface ErrorEndpoint {
  readonly address?: string;
  readonly port?: number;
  readonly path?: string;
}

/**
 * A failed call. `name` says what happened, from the closed set of the call; `code`, `errno` and
 * `syscall` are those of Node's own errors, so existing error handling keeps working.
 */
export class SocketError<Name extends ErrorName = ErrorName> extends Error {
  /** What happened, such as `"AddressInUse"`: use this one in a switch. */
  override readonly name: Name;
  /** The system's error by its C name, such as `"EADDRINUSE"`, spelled the same on every system. */
  readonly code: string;
  /** The negative number of `code` on this system, as in Node: -98 on Linux. */
  readonly errno: number;
  /** The call that failed, such as `"listen"`. */
  readonly syscall: string;
  /** The IP address that the call was about, if any. */
  declare readonly address?: string;
  /** The port that the call was about, if any. */
  declare readonly port?: number;
  /** The path of the unix socket that the call was about, if any. */
  declare readonly path?: string;

  /** Captures no stack, since `try…` calls return it. `unwrap()` adds one for calls that throw. */
  constructor(init: SocketErrorInit<Name>) {
    const { stackTraceLimit } = Error;
    // If Error is frozen (node --frozen-intrinsics), Reflect.set() does nothing, while an
    // assignment would throw.
    Reflect.set(Error, "stackTraceLimit", 0);
    super(init.message);
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
    this.name = init.name;
    this.code = init.code;
    this.errno = init.errno;
    this.syscall = init.syscall;
    const { where } = init;
    if (where?.address !== undefined) this.address = where.address;
    if (where?.port !== undefined) this.port = where.port;
    if (where?.path !== undefined) this.path = where.path;
  }
}

/** One per thread: explanations apply to every error of the package, or to none. */
let beforeThrow: ((error: SocketError) => void) | undefined;

/**
 * Calls `hook` with each error that unwrap() is about to throw; a second call replaces the hook.
 */
export function onThrow(hook: (error: SocketError) => void): void {
  beforeThrow = hook;
}

/** Returns the value of a result, or throws its error with the stack of the caller of `caller`. */
export function unwrap<Value>(
  result: { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: SocketError },
  caller: (...args: never[]) => unknown,
): Value {
  if (result.ok) return result.value;
  Error.captureStackTrace(result.error, caller);
  if (endsTailCallers && !hasFrames(result.error)) Error.captureStackTrace(result.error, unwrap);
  // After the stack: JavaScriptCore writes its first line immediately, and without a message that
  // is computed later.
  beforeThrow?.(result.error);
  throw result.error;
}

/**
 * Whether a function leaves the stack when it returns `call()` in tail position, as ECMAScript's
 * PrepareForTailCall says and JavaScriptCore does. captureStackTrace() does not find such a caller
 * then, and keeps no frame at all.
 */
const endsTailCallers = !hasFrames(returnsCall());

function returnsCall(): { stack?: string } {
  return capture(returnsCall);
}

function capture(caller: () => unknown): { stack?: string } {
  const captured = {};
  Error.captureStackTrace(captured, caller);
  return captured;
}

function hasFrames({ stack }: { stack?: string }): boolean {
  return stack?.includes("\n    at ") === true;
}
