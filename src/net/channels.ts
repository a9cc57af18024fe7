import type { EngineChoice } from "../engine/engine.ts";
import { type DiagnosticsChannel, engineChannel, typedChannel } from "../engine/engine-channel.ts";
import type { AcceptError } from "../posix/accept.ts";
import type { ConnectionBase } from "./connection/connection-base.ts";
import type { Listening } from "./listener/listener-base.ts";
import type { ConnectOptions } from "./options/connect-options.ts";

/** A message of `berkeley:listen`: a Listener or Server has started listening. */
export interface ListenMessage {
  readonly listener: Listening;
}

/** A message of `berkeley:accept`: a connection was accepted. */
export interface AcceptMessage {
  readonly listener: Listening;
  /** A Connection or HandledConnection, which no handler and no `accept()` has received yet. */
  readonly connection: ConnectionBase;
}

/** A message of `berkeley:retry`: accept(2) failed, and is tried again. */
export interface RetryMessage {
  readonly listener: Listening;
  readonly error: AcceptError;
  /**
   * How many milliseconds accepting waits: descriptors or memory ran out, and connections wait in
   * the system's queue. 0 if one connection failed before it was accepted.
   */
  readonly delay: number;
}

/**
 * A message of `berkeley:close`: a connection is closed, and so is its descriptor; or a Listener or
 * Server has stopped listening.
 */
export type CloseMessage =
  | {
      /** A Connection or HandledConnection, of `connect()` or of a listener. */
      readonly connection: ConnectionBase;
      readonly listener?: undefined;
      /** What ended it: a ConnectionError, what a handler threw; null if nothing failed. */
      readonly error: unknown;
    }
  | {
      readonly connection?: undefined;
      readonly listener: Listening;
      /** An AcceptError, or the reason of its signal; null after `close()` or `handOver()`. */
      readonly error: unknown;
    };

/** A message of `berkeley:connect`: `connect()` has made a connection, or failed. */
export type ConnectMessage =
  | {
      /** The options of `connect()`. */
      readonly options: ConnectOptions;
      readonly connection: ConnectionBase;
      readonly error: null;
    }
  | {
      /** The options of `connect()`. */
      readonly options: ConnectOptions;
      readonly connection: null;
      /** What `connect()` throws. */
      readonly error: unknown;
    };

/**
 * The channels of node:diagnostics_channel that berkeley publishes to, for loggers, metrics and
 * OpenTelemetry. `diagnostics_channel.subscribe("berkeley:accept", …)` subscribes to the same
 * channels by name, without the types. They cost nothing while nobody subscribes.
 *
 * Subscribers are called at once, before the program's own handlers. What one throws is an uncaught
 * exception. Ask for the addresses of a connection on `berkeley:accept` or `berkeley:connect`: on
 * `berkeley:close` it remembers them only if they were asked for before.
 *
 * @example
 * ```ts
 * import { channels, connect, listen } from "berkeley";
 * channels.accept.subscribe(({ connection }) => console.log(connection.remoteAddress.family)); // ipv4
 * channels.close.subscribe(({ connection, error }) => {
 *   if (connection !== undefined && error !== null) console.error(error);
 * });
 * const server = await listen({ host: "127.0.0.1" }, { open: (connection) => connection.end("hello") });
 * const client = await connect({ address: server.address });
 * for await (const bytes of client) console.log(`${Buffer.from(bytes)}`); // hello
 * await client.close();
 * await server.close({ drain: 1000 });
 * ```
 * @see [diagnostics_channel](https://nodejs.org/api/diagnostics_channel.html)
 */
export const channels: {
  /** `berkeley:listen`: a message for each `listen()` that succeeds. */
  readonly listen: DiagnosticsChannel<ListenMessage>;
  /** `berkeley:accept`: a message for each connection that is accepted. */
  readonly accept: DiagnosticsChannel<AcceptMessage>;
  /** `berkeley:retry`: a message for each failure of accept(2) that is tried again. */
  readonly retry: DiagnosticsChannel<RetryMessage>;
  /** `berkeley:close`: a message for each connection, and for each listener. */
  readonly close: DiagnosticsChannel<CloseMessage>;
  /** `berkeley:connect`: a message when `connect()` has connected, or failed to. */
  readonly connect: DiagnosticsChannel<ConnectMessage>;
  /**
   * `berkeley:engine`: an EngineChoice whenever `listen()`, `connect()` or `udp()` picks an engine.
   */
  readonly engine: DiagnosticsChannel<EngineChoice>;
} = Object.freeze({
  listen: typedChannel<ListenMessage>("berkeley:listen"),
  accept: typedChannel<AcceptMessage>("berkeley:accept"),
  retry: typedChannel<RetryMessage>("berkeley:retry"),
  close: typedChannel<CloseMessage>("berkeley:close"),
  connect: typedChannel<ConnectMessage>("berkeley:connect"),
  engine: engineChannel,
});
