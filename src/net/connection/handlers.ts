import { checkHandlersNamed } from "../check-handlers.ts";
import type { HandledConnection } from "./handled-connection.ts";

/**
 * Handlers for a connection's events. They are called as methods of the object that was passed,
 * which may be changed at any time. A promise returned by a handler is ignored.
 *
 * If a handler throws, its connection is reset and `error()` is called. Without `error()`, it
 * becomes an uncaught exception.
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
  /** A connection was accepted or established. The return value becomes its `state`. */
  open?(connection: HandledConnection<State>): State;
  /**
   * Data arrived. `bytes` is a view of the engine's memory, valid until this returns: `new
   * Uint8Array(bytes)` copies it. If it, or a `subarray()` of it, is written during the call, to
   * any connection, it is not copied. Without this handler, received data is dropped.
   */
  data?(connection: HandledConnection<State>, bytes: Uint8Array): void;
  /** All written data has been sent, after a `write()` that returned false. */
  drain?(connection: HandledConnection<State>): void;
  /**
   * The peer has ended its side. It can still receive; the program must end this side. Without this
   * handler, the connection is closed.
   */
  end?(connection: HandledConnection<State>): void;
  /**
   * The connection is closed, or was detached. No other handler is called after this one.
   *
   * @param error the error that ended it: a ConnectionError, or whatever a handler threw; null if
   * both sides simply ended
   */
  close?(connection: HandledConnection<State>, error: unknown): void;
  /**
   * The connection failed with a ConnectionError, or a handler threw. Without this handler, a
   * failed connection is not an exception, since a peer can cause it; `close()` still receives the
   * error. An error thrown by this handler becomes an uncaught exception.
   */
  error?(connection: HandledConnection<State>, error: unknown): void;
}

const names = ["open", "data", "drain", "end", "close", "error"] as const;

export function checkHandlers<State>(handlers: ConnectionHandlers<State>): void {
  checkHandlersNamed(names, handlers);
}
