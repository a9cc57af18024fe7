import type { ErrorName } from "./names.ts";

/** What a SocketError is made of. */
export interface SocketErrorInit<Name extends ErrorName> {
  readonly name: Name;
  readonly message: string;
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  readonly where?: ErrorEndpoint | undefined;
}

/** The address that a call was about, in the fields that Node's errors have. */
export interface ErrorEndpoint {
  readonly address?: string;
  readonly port?: number;
  readonly path?: string;
}

/**
 * A failed call. `name` tells what happened, from the closed set of the call; `code`, `errno` and
 * `syscall` are what Node's own errors carry, so code that looks at them goes on working.
 */
export class SocketError<Name extends ErrorName = ErrorName> extends Error {
  /** What happened, such as `"AddressInUse"`: the one to switch on. */
  override readonly name: Name;
  /**
   * What the system said, by its C name, such as `"EADDRINUSE"`: the same spelling on every system.
   */
  readonly code: string;
  /** The number of `code`, negative, as Node gives it on this system: -98 on Linux. */
  readonly errno: number;
  /** The call that failed, such as `"listen"`. */
  readonly syscall: string;
  /** The IP address that the call was about, where there is one. */
  declare readonly address?: string;
  /** The port that the call was about, where there is one. */
  declare readonly port?: number;
  /** The path of the unix socket that the call was about, where there is one. */
  declare readonly path?: string;

  /** Captures no stack: a `try…` call returns it. `unwrap()` adds it for a call that throws. */
  constructor(init: SocketErrorInit<Name>) {
    const { stackTraceLimit } = Error;
    // Where Error is frozen, as by node --frozen-intrinsics, Reflect.set() does nothing, and an
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

/** One per thread: explanations are for every error of the package, or for none. */
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
  // After the stack: JavaScriptCore writes its first line at once, and without a message that is
  // yet to be made.
  beforeThrow?.(result.error);
  throw result.error;
}

/**
 * Whether a function is off the stack once it has come to `return call()`, as ECMAScript's
 * PrepareForTailCall says and JavaScriptCore does. captureStackTrace() finds no such caller then,
 * and leaves no frame at all.
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
