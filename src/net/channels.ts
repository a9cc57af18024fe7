import type { Server as NetServer, Socket as NetSocket } from "node:net";
import type { EngineChoice } from "../engine/engine.ts";
import { type DiagnosticsChannel, engineChannel, typedChannel } from "../engine/engine-channel.ts";
import type { AcceptError } from "../posix/accept.ts";
import type { ConnectionBase } from "./connection/connection-base.ts";
import type { ListenerBase } from "./listener/listener-base.ts";
import type { ConnectOptions } from "./options/connect-options.ts";
import type { ProxyHeaderError } from "./proxy-protocol/proxy-header-error.ts";

/**
 * A message of `berkeley:listen`: a Listener or Server has started listening, or a server of Node's
 * under `serve()`, `berkeley/net` or `berkeley/register`.
 */
export type ListenMessage =
  | { readonly listener: ListenerBase; readonly server?: undefined }
  | { readonly server: NetServer; readonly listener?: undefined };

/** A message of `berkeley:accept`: a connection was accepted. */
export type AcceptMessage =
  | {
      readonly listener: ListenerBase;
      /** A Connection or HandledConnection, which no handler and no `accept()` has received yet. */
      readonly connection: ConnectionBase;
      readonly server?: undefined;
      readonly socket?: undefined;
    }
  | {
      /** A server of Node's. */
      readonly server: NetServer;
      /** Its socket, of which `connection` has not been emitted yet. */
      readonly socket: NetSocket;
      readonly listener?: undefined;
      readonly connection?: undefined;
    };

/** A message of `berkeley:retry`: accept(2) failed, and will be retried. */
export type RetryMessage = (
  | { readonly listener: ListenerBase; readonly server?: undefined }
  | { readonly server: NetServer; readonly listener?: undefined }
) & {
  readonly error: AcceptError;
  /**
   * How many milliseconds pass before the retry: descriptors or memory ran out, and connections
   * wait in the system's queue. 0 if one connection failed before it was accepted.
   */
  readonly delay: number;
};

/**
 * A message of `berkeley:refuse`: a connection was closed because its PROXY header was missing,
 * malformed, late, or not from a trusted address. The error has the peer's address.
 */
export type RefuseMessage = (
  | { readonly listener: ListenerBase; readonly server?: undefined }
  | { readonly server: NetServer; readonly listener?: undefined }
) & { readonly error: ProxyHeaderError };

/**
 * A message of `berkeley:close`: a connection and its descriptor were closed, or a listener stopped
 * listening. Exactly one of the four objects is set.
 */
export interface CloseMessage {
  /** A Connection or HandledConnection, from `connect()` or a listener. */
  readonly connection?: ConnectionBase | undefined;
  /** A Listener or Server. */
  readonly listener?: ListenerBase | undefined;
  /** A Socket of `berkeley/net`, or one of Node's that a TLS or HTTP/2 server accepted. */
  readonly socket?: NetSocket | undefined;
  /** A server of Node's. */
  readonly server?: NetServer | undefined;
  /**
   * The error that ended it: a ConnectionError, or whatever a handler threw; of a listener, an
   * AcceptError or the reason of its signal. null if nothing failed.
   */
  readonly error: unknown;
}

/** A message of `berkeley:connect`: `connect()` connected or failed, or a Socket did. */
export type ConnectMessage =
  | {
      /** The options of `connect()`. */
      readonly options: ConnectOptions;
      readonly connection: ConnectionBase;
      readonly socket?: undefined;
      readonly error: null;
    }
  | {
      /** The options of `connect()`. */
      readonly options: ConnectOptions;
      readonly connection: null;
      readonly socket?: undefined;
      /** The error that `connect()` throws. */
      readonly error: unknown;
    }
  | {
      /** A Socket of `berkeley/net`. */
      readonly socket: NetSocket;
      readonly options?: undefined;
      readonly connection?: undefined;
      /** The error that it emits; null if it is connected. */
      readonly error: unknown;
    };

/**
 * The channels of node:diagnostics_channel that berkeley publishes to, for loggers, metrics and
 * OpenTelemetry. `diagnostics_channel.subscribe("berkeley:accept", …)` subscribes to the same
 * channels by name, without the types. They cost nothing while nobody subscribes.
 *
 * Subscribers are called synchronously, before the program's own handlers. If one throws, it is an
 * uncaught exception. If you need a connection's addresses on `berkeley:close`, read them on
 * `berkeley:accept` or `berkeley:connect`: they are unavailable later unless they were read before.
 *
 * @example
 * ```ts
 * import { channels, connect, listen } from "berkeley";
 * channels.accept.subscribe(({ connection }) => console.log(connection?.remoteAddress.family)); // ipv4
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
  /** `berkeley:retry`: a message for each failed accept(2) that will be retried. */
  readonly retry: DiagnosticsChannel<RetryMessage>;
  /** `berkeley:refuse`: a message for each connection that `proxyProtocol` refused. */
  readonly refuse: DiagnosticsChannel<RefuseMessage>;
  /** `berkeley:close`: a message for each connection, and for each listener. */
  readonly close: DiagnosticsChannel<CloseMessage>;
  /** `berkeley:connect`: a message when `connect()` connects or fails. */
  readonly connect: DiagnosticsChannel<ConnectMessage>;
  /**
   * `berkeley:engine`: an EngineChoice whenever `listen()`, `connect()` or `udp()` picks an engine.
   */
  readonly engine: DiagnosticsChannel<EngineChoice>;
} = Object.freeze({
  listen: typedChannel<ListenMessage>("berkeley:listen"),
  accept: typedChannel<AcceptMessage>("berkeley:accept"),
  retry: typedChannel<RetryMessage>("berkeley:retry"),
  refuse: typedChannel<RefuseMessage>("berkeley:refuse"),
  close: typedChannel<CloseMessage>("berkeley:close"),
  connect: typedChannel<ConnectMessage>("berkeley:connect"),
  engine: engineChannel,
});
