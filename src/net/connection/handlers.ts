import { argumentType, checkObject, kind } from "../../errors/argument.ts";
import type { HandledConnection } from "./handled-connection.ts";

/**
 * What is called for each connection, as methods of the object that was given, which may be changed
 * at any time. None is waited for: where one returns a promise, it is not looked at.
 *
 * One that throws has its connection reset, and `error()` called. Without `error()` what it threw
 * is an uncaught exception.
 *
 * @example
 * ```ts
 * import { connect, listen } from "berkeley";
 * const server = await listen({ host: "127.0.0.1" }, {
 *   open: () => ({ received: 0 }),
 *   data(connection, bytes) {
 *     connection.state.received += bytes.length;
 *   },
 *   end: (connection) => connection.end(`${connection.state.received} bytes`),
 *   error: (_, error) => console.error(error),
 * });
 * const client = await connect({ address: server.address });
 * await client.end("hello");
 * console.log(`${Buffer.from((await client.read()) ?? [])}`); // 5 bytes
 * await client.close();
 * await server.close({ drain: 1000 });
 * ```
 */
export interface ConnectionHandlers<State = unknown> {
  /** A connection was made. What this returns is its `state`. */
  open?(connection: HandledConnection<State>): State;
  /**
   * Bytes came. They are a view of the engine's memory that is good until this returns:
   * `new Uint8Array(bytes)` copies them. Written during the call, to any connection, the view or a
   * `subarray()` of it is sent from where it lies. Without this, what comes is dropped.
   */
  data?(connection: HandledConnection<State>, bytes: Uint8Array): void;
  /** All that was written is sent, after a `write()` that returned false. */
  drain?(connection: HandledConnection<State>): void;
  /**
   * The peer has ended; it can still be sent to, and this side must be ended. Without this, the
   * connection is closed.
   */
  end?(connection: HandledConnection<State>): void;
  /**
   * The connection is closed, or was detached: the last that is called for it.
   *
   * @param error what ended it: a ConnectionError, what a handler threw; null if nothing did but
   * the two sides
   */
  close?(connection: HandledConnection<State>, error: unknown): void;
  /**
   * The connection has failed with a ConnectionError, or a handler has thrown this. A connection
   * that fails is no exception without this, since a peer can make it: `close()` is told. What this
   * throws is an uncaught exception.
   */
  error?(connection: HandledConnection<State>, error: unknown): void;
}

const names = ["open", "data", "drain", "end", "close", "error"] as const;

export function checkHandlers<State>(handlers: ConnectionHandlers<State>): void {
  checkObject("handlers", "{ open?, data?, drain?, end?, close?, error? }", handlers);
  for (const name of names) {
    const handler = handlers[name];
    if (handler !== undefined && typeof handler !== "function")
      throw argumentType(`the handler ${name} must be a function, not ${kind(handler)}`);
  }
}
