import net from "node:net";
import { announceClient } from "./announce.ts";
import { connectArguments } from "./arguments.ts";
import { codedType } from "./errors.ts";
import { NodeSocket } from "./internals.ts";
import { EngineServer } from "./server.ts";
import { EngineSocket } from "./socket.ts";
import { initialize } from "./socket-base.ts";

/**
 * Works like net.Socket: with or without `new`, as a base class, or called by the constructor of a
 * pre-ES6 subclass. With a handle or a descriptor, such as a pipe's, it makes a Socket of Node's.
 */
export const Socket: typeof net.Socket = likeNodes(net.Socket, EngineSocket.prototype, {
  construct: (options, newTarget) => {
    if (hasHandle(options[0])) {
      if (newTarget !== undefined)
        throw codedType(
          "ERR_INVALID_ARG_VALUE",
          "a subclass of berkeley/net's Socket takes no handle and no descriptor: extend node:net's",
        );
      return Reflect.construct(NodeSocket, options);
    }
    return Reflect.construct(EngineSocket, options, newTarget ?? EngineSocket);
  },
  initialize: (instance, options) => {
    Reflect.apply(net.Socket, instance, options);
    if (instance instanceof EngineSocket) initialize(instance);
  },
});
export type Socket = net.Socket;

/** Works like net.Server, in the same ways. */
export const Server: typeof net.Server = likeNodes(net.Server, EngineServer.prototype, {
  construct: (args, newTarget) => Reflect.construct(EngineServer, args, newTarget ?? EngineServer),
  initialize: (instance, args) => Reflect.apply(net.Server, instance, args),
});
export type Server = net.Server;

/** Works like that of node:net. */
export const createServer: typeof net.createServer = (...args: unknown[]): net.Server =>
  Reflect.construct(Server, args);

/** Works like that of node:net. */
export const connect: typeof net.connect = (...args: unknown[]): net.Socket => {
  const [options] = connectArguments(args);
  const socket: net.Socket = Reflect.construct(Socket, [options]);
  announceClient(socket, "function");
  if (options.timeout) socket.setTimeout(options.timeout);
  return Reflect.apply(socket.connect, socket, args);
};

type Constructible = (this: unknown, ...args: unknown[]) => unknown;

/** The ways to call a constructor of node:net. */
interface Ways {
  /** Called with `new`, by a subclass if `newTarget` is one, or as a function. */
  construct(args: readonly unknown[], newTarget: Constructible | undefined): object;
  /** Called by the constructor of a pre-ES6 subclass on its instance. */
  initialize(instance: object, args: readonly unknown[]): void;
}

/** Returns a constructor for a class that can be called in every way that Node's can. */
function likeNodes<Constructor extends NewableFunction>(
  node: Constructor,
  prototype: object,
  ways: Ways,
): Constructor {
  function likeNode(this: unknown, ...args: unknown[]): object | undefined {
    if (new.target !== undefined)
      return ways.construct(args, new.target === likeNode ? undefined : new.target);
    if (!isInstance(this)) return ways.construct(args, undefined);
    ways.initialize(this, args);
    return undefined;
  }
  const isInstance = (value: unknown): value is object =>
    typeof value === "object" && value !== null && Object.prototype.isPrototypeOf.call(prototype, value);
  Object.defineProperties(likeNode, { name: { value: node.name }, prototype: { value: prototype } });
  Object.defineProperty(prototype, "constructor", {
    value: likeNode,
    writable: true,
    configurable: true,
  });
  return Object.setPrototypeOf(likeNode, node);
}

function hasHandle(options: unknown): boolean {
  if (typeof options === "number") return true;
  if (typeof options !== "object" || options === null) return false;
  return Boolean(Reflect.get(options, "handle")) || Reflect.get(options, "fd") !== undefined;
}
