import type net from "node:net";
import { EngineSocket } from "./socket.ts";
import { initialize } from "./socket-base.ts";

/** Turns an unconnected Socket of Node's into one that connects on our engine. */
export function adopt(socket: net.Socket): EngineSocket {
  const adopted: EngineSocket = Object.setPrototypeOf(socket, EngineSocket.prototype);
  initialize(adopted);
  return adopted;
}
