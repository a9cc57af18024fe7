// What node:net's Socket has beyond its documentation: methods with an underscore, which Node's own
// modules and libraries call, and settings that its constructor keeps under symbols of its own.
import net from "node:net";
import type { Duplex } from "node:stream";
import { coded } from "./errors.ts";

/** What calls back of a stream's write or end. */
export type Callback = (error?: Error | null) => void;

/** What `setKeepAlive()` takes since Node 26; times are in milliseconds. */
export interface KeepAlive {
  readonly enable?: boolean | undefined;
  readonly initialDelay?: number | undefined;
  readonly interval?: number | undefined;
  readonly count?: number | undefined;
}

/** What a Socket of ours takes from Node's. */
export interface NodeSocketMembers {
  connecting: boolean;
  server: unknown;
  _server: ConnectionCounter | null;
  _host: string | null;
  _parent: { readonly connecting?: boolean } | null;
  _handle: unknown;
  _pendingData: unknown;
  _pendingEncoding: string;
  _peername: net.AddressInfo | object | null;
  _sockname: net.AddressInfo | object | null;
  resetAndClosing?: boolean;
  autoSelectFamilyAttemptedAddresses?: string[];
  blockList?: net.BlockList;
  readonly bytesRead: number;
  readonly _bytesDispatched: number;
  setTimeout(timeout: number, listener?: () => void): this;
  setNoDelay(on?: boolean): this;
  setKeepAlive(on?: boolean | KeepAlive, initialDelay?: number, interval?: number, count?: number): this;
  setTypeOfService?(typeOfService: number): this;
  getTypeOfService?(): number;
  _onTimeout(): void;
  /** Starts the time of `setTimeout()` anew. */
  _unrefTimer(): void;
  _reset(): unknown;
  _undestroy(): void;
}

/** Who counts its connections: a net.Server. */
export interface ConnectionCounter {
  _connections: number;
  _emitCloseIfDrained?(): void;
}

/** node:net's Socket, with these. */
// The declarations of @types/node do not know them.
export const NodeSocket = net.Socket as unknown as new (options?: object) => Duplex & NodeSocketMembers;

/** node:net's Server, with what a Server of ours takes from it. */
export interface NodeServerMembers extends ConnectionCounter {
  _handle: unknown;
  _unref: boolean;
  _pipeName?: string;
  _connectionKey?: string;
  maxConnections?: number;
  allowHalfOpen: boolean;
  pauseOnConnect: boolean;
  noDelay: boolean;
  keepAlive: boolean;
  keepAliveInitialDelay: number;
  highWaterMark?: number;
  blockList?: net.BlockList;
  _listen2(
    address: string | null,
    port: number | null,
    family: number | null,
    backlog: number,
    fd?: number,
    flags?: number,
  ): void;
}

// As above.
export const NodeServer = net.Server as unknown as new (
  options?: object,
  listener?: (socket: net.Socket) => void,
) => net.Server & NodeServerMembers;

/** The settings of a Socket that is not connected yet. */
export interface PendingSettings {
  readonly noDelay: boolean;
  readonly keepAlive: boolean;
  /** In seconds. */
  readonly keepAliveInitialDelay: number;
  readonly keepAliveInterval: number | undefined;
  readonly keepAliveCount: number | undefined;
  readonly typeOfService: number | undefined;
}

/** What the `onread` option says: where received bytes go in the place of `data` events. */
export interface OnRead {
  buffer: Uint8Array;
  readonly nextBuffer: (() => Uint8Array) | null;
  /** Called as a method of the Socket. */
  readonly callback: (this: unknown, count: number, buffer: Uint8Array) => unknown;
}

/** The symbols of an instance by their descriptions. */
const symbols = new Map(
  Object.getOwnPropertySymbols(new net.Socket()).map((symbol) => [symbol.description, symbol]),
);

function kept(socket: object, name: string): unknown {
  const symbol = symbols.get(name) ?? Object.getOwnPropertySymbols(socket).find(isNamed, name);
  return symbol === undefined ? undefined : Reflect.get(socket, symbol);
}

function isNamed(this: string, symbol: symbol): boolean {
  return symbol.description === this;
}

const numberOr = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

/** What `setNoDelay()` and others, and the options of the constructor, have asked for. */
export function pendingSettings(socket: object): PendingSettings {
  return {
    noDelay: kept(socket, "kSetNoDelay") === true,
    keepAlive: kept(socket, "kSetKeepAlive") === true,
    keepAliveInitialDelay: numberOr(kept(socket, "kSetKeepAliveInitialDelay")) ?? 0,
    keepAliveInterval: numberOr(kept(socket, "kSetKeepAliveInterval")),
    keepAliveCount: numberOr(kept(socket, "kSetKeepAliveCount")),
    typeOfService: numberOr(kept(socket, "kSetTOS")),
  };
}

/** The `onread` option that the constructor was given. */
export function onReadOf(socket: object): OnRead | null {
  const callback = kept(socket, "kBufferCb");
  if (!isCallback(callback)) return null;
  const next = kept(socket, "kBufferGen");
  const given = kept(socket, "kBuffer");
  const nextBuffer = typeof next === "function" ? () => next() : null;
  const buffer = nextBuffer === null ? given : nextBuffer();
  if (!(buffer instanceof Uint8Array)) return null;
  return { buffer, nextBuffer, callback };
}

function isCallback(value: unknown): value is OnRead["callback"] {
  return typeof value === "function";
}

/**
 * A method of Node's that `berkeley/register` may have replaced: the one that it remembers, or else
 * the method itself.
 */
export function methodOfNode<Method>(prototype: object, name: string): Method {
  const method = Reflect.get(prototype, name);
  if (typeof method !== "function") throw notNode();
  return method[Symbol.for("berkeley.replaced")] ?? method;
}

/** The error of a runtime whose node:net is built otherwise. */
function notNode(): Error {
  return coded(
    "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM",
    "berkeley/net needs the node:net of Node itself, and this runtime's is built otherwise: use listen() and connect() of berkeley",
  );
}
