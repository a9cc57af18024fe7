// The errors of node:net, with Node's codes. System errors are our SocketErrors: our `name`, Node's
// `code`, `errno` and `syscall`, and a message that begins as Node's does.

import { getSystemErrorMap } from "node:util";
import { argumentType } from "../../errors/argument.ts";
import { formatEndpoint } from "../../errors/error-set.ts";
import { isError } from "../../errors/is-error.ts";
import { SocketError } from "../../errors/socket-error.ts";
import { defined } from "../../invariant.ts";
import { connectionError } from "../../net/connection/connection-error.ts";
import { currentSystem } from "../../system/current.ts";
import type { System } from "../../system/system.ts";

/** An error with one of Node's codes. */
export function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** A TypeError with one of Node's codes. */
export function codedType(code: string, message: string): TypeError {
  return Object.assign(new TypeError(message), { code });
}

/** A RangeError with one of Node's codes. */
export function codedRange(code: string, message: string): RangeError {
  return Object.assign(new RangeError(message), { code });
}

/** Describes the type of a value as Node does. */
export function received(value: unknown): string {
  if (value === null || value === undefined) return `Received ${String(value)}`;
  if (typeof value === "function") return `Received function ${value.name}`;
  if (typeof value === "object") {
    const name: unknown = value.constructor?.name;
    return typeof name === "string" && name !== "" ? `Received an instance of ${name}` : "Received an object";
  }
  const shown = typeof value === "string" ? `'${value}'` : String(value);
  const suffix = typeof value === "bigint" ? "n" : "";
  return `Received type ${typeof value} (${shown}${suffix})`;
}

/** Node's error for an option of the wrong type. */
export function optionType(name: string, type: string, value: unknown): TypeError {
  return argumentType(`The "${name}" property must be ${type}. ${received(value)}`);
}

export const socketClosed = (): Error => coded("ERR_SOCKET_CLOSED", "Socket is closed");

/** The error of `child.send(socket)`: bytes that the engine has received would be lost. */
export const cannotBeSent = (): TypeError =>
  codedType(
    "ERR_INVALID_HANDLE_TYPE",
    "This handle type cannot be sent: berkeley has begun to receive on the connection. Create its server " +
      "with pauseOnConnect: true, or leave clients to Node with BERKELEY_REGISTER=listen",
  );

/**
 * Turns a SocketError into node:net's, which names other calls: `read` for recv(), `write` for
 * send(), `listen` for bind(). Its message begins like Node's, and is computed when first read.
 */
export function asCallOfNode(error: unknown, syscall: string): unknown {
  if (error instanceof RangeError) return invalidAddress(error, syscall);
  if (!(error instanceof SocketError)) return error;
  const { name, address, port, path } = error;
  const { code, errno } = codeOfNode(error, syscall);
  // In Node's errors the address of a unix socket is its path, and its port is -1 when it listens.
  const at = path ?? address;
  const on = path === undefined ? (port ?? 0) : syscall === "listen" ? -1 : undefined;
  const where = at === undefined ? undefined : { address: at, ...(on !== undefined && { port: on }) };
  const renamed = new SocketError({ name, message: "", code, errno, syscall, where });
  const set = (value: string) =>
    void Object.defineProperty(renamed, "message", {
      value,
      writable: true,
      enumerable: false,
      configurable: true,
    });
  Object.defineProperty(renamed, "message", {
    configurable: true,
    enumerable: false,
    set,
    get() {
      set(messageOf(error, syscall));
      return renamed.message;
    },
  });
  return renamed;
}

/** libuv reports a missing folder as EACCES, for the sake of Windows (uv_pipe_bind2 in pipe.c). */
function codeOfNode({ code, errno }: SocketError, syscall: string) {
  if (syscall !== "listen" || code !== "ENOENT") return { code, errno };
  return { code: "EACCES", errno: -defined(currentSystem().errnos.EACCES, "every system has the errno") };
}

/** The error for a path too long for a socket address, which Node gets from libuv. */
function invalidAddress({ message }: RangeError, syscall: string): SocketError {
  const errno = -currentSystem().errnos.EINVAL;
  return new SocketError({
    name: "InvalidArgument",
    message: `${syscall} EINVAL: ${message}`,
    code: "EINVAL",
    errno,
    syscall,
  });
}

/** Node's message, followed by our explanation. */
function messageOf(error: SocketError, syscall: string): string {
  const { address, port, path, message } = error;
  const { code, errno } = codeOfNode(error, syscall);
  const endpoint = formatEndpoint({
    ...(address !== undefined && { address }),
    ...(port !== undefined && { port }),
    ...(path !== undefined && { path }),
  });
  const ours = [error.syscall, error.code, endpoint].filter((word) => word !== undefined).join(" ");
  const detail = message.startsWith(ours) ? message.slice(ours.length).replace(/^[: ]+/, "") : message;
  const text = syscall === "listen" ? `: ${getSystemErrorMap().get(errno)?.[1] ?? "unknown error"}` : "";
  const where = path ?? (address === undefined ? "" : `${address}:${port}`);
  return `${syscall} ${code}${text}${where && ` ${where}`}: ${detail}`;
}

/** The error of a connection that failed with a negative errno. Only sending fails with EPIPE. */
export function failedWith(system: System, errno: number): Error {
  const call = system.errnoName(-errno) === "EPIPE" ? "write" : "read";
  return asError(asCallOfNode(connectionError(system, errno), call));
}

/** Converts a thrown value, which may be anything, to an Error to destroy a Socket with. */
export function asError(error: unknown): Error {
  return isError(error) ? error : coded("UNKNOWN", String(error));
}
