// Undocumented members of node:net's Socket: underscore methods, which Node's own modules and
// libraries call, and settings that its constructor stores under symbols.
import net from "node:net";
import type { Duplex } from "node:stream";
import { coded } from "./errors.ts";

/** The callback of a stream's write or end. */
export type Callback = (error?: Error | null) => void;

/** The options of `setKeepAlive()` since Node 26; times are in milliseconds. */
export interface KeepAlive {
  readonly enable?: boolean | undefined;
  readonly initialDelay?: number | undefined;
  readonly interval?: number | undefined;
  readonly count?: number | undefined;
}

/** The members of Node's Socket that ours uses. */
export interface NodeSocketMembers {
  connecting: boolean;
  /** HTTP's; null once it is detached. */
  parser?: unknown;
  server: unknown;
  _server: ConnectionCounter | null;
  timeout?: number;
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
  destroySoon(): void;
  _onTimeout(): void;
  /** Restarts the timer of `setTimeout()`. */
  _unrefTimer(): void;
  _reset(): unknown;
  _undestroy(): void;
}

/** The net.Server that counts the connection. */
export interface ConnectionCounter {
  _connections: number;
  _emitCloseIfDrained?(): void;
}

/** node:net's Socket, with these members. */
// @types/node does not declare them.
export const NodeSocket = net.Socket as unknown as new (options?: object) => Duplex & NodeSocketMembers;

/** node:net's Server, with the undocumented members that ours uses. */
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

/** The settings of an unconnected Socket. */
export interface PendingSettings {
  readonly noDelay: boolean;
  readonly keepAlive: boolean;
  /** In seconds. */
  readonly keepAliveInitialDelay: number;
  readonly keepAliveInterval: number | undefined;
  readonly keepAliveCount: number | undefined;
  readonly typeOfService: number | undefined;
}

/** The `onread` option: where received bytes go instead of `data` events. */
export interface OnRead {
  buffer: Uint8Array;
  readonly nextBuffer: (() => Uint8Array) | null;
  /** Called as a method of the Socket. */
  readonly callback: (this: unknown, count: number, buffer: Uint8Array) => unknown;
}

/** The symbols of an instance, by description. */
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

/** The settings made by `setNoDelay()` and others, and by the constructor's options. */
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

/** The constructor's `onread` option. */
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

/** Whether node:net is Node's own, whose undocumented members berkeley/net builds on. */
export const nodeNetIsNodes =
  typeof Object.getOwnPropertyDescriptor(net.Socket.prototype, "_handle")?.get === "function" &&
  typeof Reflect.get(net.Server.prototype, "_listen2") === "function";

/**
 * Returns Node's own method, even if `berkeley/register` has replaced it, and the program has
 * wrapped the replacement.
 */
export function methodOfNode<Method>(prototype: object, name: string): Method {
  const replaced: Record<string, Method> | undefined = Reflect.get(
    prototype,
    Symbol.for("berkeley.replaced"),
  );
  const method = replaced?.[name] ?? Reflect.get(prototype, name);
  if (typeof method !== "function") throw notNode();
  return method;
}

/** The error on a runtime that implements node:net differently. */
export function notNode(what = "berkeley/net"): Error {
  return coded(
    "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM",
    `${what} needs Node's own node:net, which this runtime implements differently: use listen() and ` +
      "connect() of berkeley",
  );
}
