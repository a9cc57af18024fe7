// What `berkeley/register` does to node:net: its Servers listen on our engine, and its Sockets
// connect on it. Methods are replaced and not the classes, so that what Node itself has built on
// them, before or after, has them too: http, TLS, pipes of child processes, the console.
import net from "node:net";
import { isFunction } from "./arguments.ts";
import { type NodeServerMembers, NodeSocket } from "./internals.ts";
import { emitCloseIfDrained, type ListeningServer, listenOnEngine } from "./server.ts";
import { adopt } from "./socket.ts";

const nodeConnect: unknown = net.Socket.prototype.connect;

/** Has every net.Server of this thread listen on our engine. */
export function installListen(): void {
  const listen: NodeServerMembers["_listen2"] = function (
    this: ListeningServer,
    address,
    port,
    family,
    backlog,
    fd,
    flags,
  ) {
    listenOnEngine(this, { address, port, family, backlog, fd, flags });
  };
  replace(net.Server.prototype, "_listen2", listen);
  replace(net.Server.prototype, "_emitCloseIfDrained", function (this: ListeningServer) {
    emitCloseIfDrained(this);
  });
}

/**
 * Has every net.Socket that connects do so on our engine, but one of a subclass, such as TLSSocket,
 * and one that has a handle of Node's.
 */
export function installConnect(): void {
  replace(net.Socket.prototype, "connect", function connect(this: net.Socket, ...args: unknown[]) {
    const isPlain = Object.getPrototypeOf(this) === NodeSocket.prototype && !Reflect.get(this, "_handle");
    if (isPlain || !isFunction(nodeConnect)) return adopt(this).connect(...args);
    return Reflect.apply(nodeConnect, this, args);
  });
}

function replace(prototype: object, name: string, value: unknown): void {
  Object.defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: true });
}
