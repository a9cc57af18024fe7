// The methods that `berkeley/register` installs in node:net, so that its Servers listen, and its
// Sockets connect, on our engine. It replaces methods rather than classes, because Node builds
// http, TLS, child-process pipes and the console on these classes, before or after.
import "../../engine/choice.ts";
import net from "node:net";
import { nextTick } from "../../clock/next-tick.ts";
import { currentSystem, machineSystem } from "../../system/current.ts";
import { adopt } from "./adopt.ts";
import type { AnyFunction } from "./arguments.ts";
import { coded } from "./errors.ts";
import { methodOfNode, NodeSocket } from "./internals.ts";
import { emitCloseIfDrained, type ListeningServer, listenOnEngine } from "./server.ts";
import { EngineSocket } from "./socket.ts";

const nodeConnect = methodOfNode<AnyFunction>(net.Socket.prototype, "connect");

/** Replaces that of net.Server. */
export function _listen2(
  this: ListeningServer,
  address: string | null,
  port: number | null,
  family: number | null,
  backlog: number,
  fd?: number,
  flags?: number,
): void {
  listenOnEngine(this, { address, port, family, backlog, fd, flags });
}

/** Replaces that of net.Server. */
export function _emitCloseIfDrained(this: ListeningServer): void {
  emitCloseIfDrained(this);
}

/**
 * Replaces that of net.Socket. Subclasses such as TLSSocket, and Sockets with a handle of Node's,
 * connect as without us.
 */
export function connect(this: net.Socket, ...args: unknown[]): unknown {
  const isPlain = Object.getPrototypeOf(this) === NodeSocket.prototype && !Reflect.get(this, "_handle");
  // Node's own method would bypass the simulation, and connect over the real network.
  if (!isPlain && currentSystem() !== machineSystem()) {
    nextTick(() => this.destroy(notSimulated()));
    return this;
  }
  return isPlain ? adopt(this).connect(...args) : Reflect.apply(nodeConnect, this, args);
}

const hasInstance = Function.prototype[Symbol.hasInstance];

/**
 * Notes that a Socket was compared with net.Socket: Node's TLSSocket and `child.send()` do that
 * before they take its handle. So does Node's constructor, for every connection, so this stays
 * cheap: some 30 ns.
 */
Object.defineProperty(net.Socket, Symbol.hasInstance, {
  configurable: true,
  writable: true,
  // Subclasses inherit it.
  value(this: unknown, value: Partial<EngineSocket>): boolean {
    const isInstance = hasInstance.call(this, value);
    // Undefined in Node's Sockets, and in ours until they are constructed.
    if (isInstance && value._mayBeTaken === false && this === net.Socket) value._mayBeTaken = true;
    return isInstance;
  },
});

/**
 * A Socket of Node's that reads through one of ours, such as a TLSSocket of STARTTLS, has a handle
 * that does not know the addresses.
 */
for (const name of ["_getsockname", "_getpeername"] as const) {
  const ofNode = methodOfNode<() => object>(net.Socket.prototype, name);
  const method = function (this: object): object {
    const below: unknown = Reflect.get(this, "_parent") ?? Reflect.get(this, "stream");
    return below instanceof EngineSocket ? below[name]() : ofNode.call(this);
  };
  Reflect.set(net.Socket.prototype, name, method);
}

function notSimulated(): Error {
  return coded(
    "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM",
    "a Socket of Node's own cannot connect on a simulated host: give tls.connect() a Socket that is " +
      "connected, as its option `socket`",
  );
}
