import type net from "node:net";
import { EngineSocket } from "./socket.ts";

/** Turns an unconnected Socket of Node's into one that connects on our engine. */
export function adopt(socket: net.Socket): EngineSocket {
  const adopted: object = Object.setPrototypeOf(socket, EngineSocket.prototype);
  if (!(adopted instanceof EngineSocket)) throw new TypeError("not a Socket");
  initialize(adopted);
  return adopted;
}

/** Adds the members that the class initializes. */
export function initialize(socket: EngineSocket): void {
  socket._connection = null;
  socket._attempts = null;
  socket._failure = undefined;
  socket._sendingFailure = undefined;
  socket._peerEnded = false;
  socket._destroysSoon = false;
  socket._idle = null;
  socket._mayBeTaken = false;
  socket._forTls = null;
  socket._connectOptions = undefined;
}
