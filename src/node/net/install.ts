// What `berkeley/register` puts in the place of methods of node:net: its Servers listen on our
// engine, and its Sockets connect on it. Methods are replaced and not the classes, so that what
// Node itself has built on them, before or after, has them too: http, TLS, pipes of child
// processes, the console.
import net from "node:net";
import type { AnyFunction } from "./arguments.ts";
import { methodOfNode, NodeSocket } from "./internals.ts";
import { emitCloseIfDrained, type ListeningServer, listenOnEngine } from "./server.ts";
import { adopt } from "./socket.ts";

const nodeConnect = methodOfNode<AnyFunction>(net.Socket.prototype, "connect");

/** Of net.Server. */
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

/** Of net.Server. */
export function _emitCloseIfDrained(this: ListeningServer): void {
  emitCloseIfDrained(this);
}

/**
 * Of net.Socket. One of a subclass, such as TLSSocket, and one that has a handle of Node's connect
 * as without us.
 */
export function connect(this: net.Socket, ...args: unknown[]): unknown {
  const isPlain = Object.getPrototypeOf(this) === NodeSocket.prototype && !Reflect.get(this, "_handle");
  return isPlain ? adopt(this).connect(...args) : Reflect.apply(nodeConnect, this, args);
}
