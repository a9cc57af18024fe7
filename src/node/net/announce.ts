// Publishes events of Node's servers and sockets on our engine to `channels`.
import diagnostics from "node:diagnostics_channel";
import net from "node:net";
import { channels } from "../../net/channels.ts";
import type { ProxyHeaderError } from "../../net/proxy-protocol/proxy-header-error.ts";
import type { AcceptError } from "../../posix/accept.ts";
import { methodOfNode } from "./internals.ts";

const clientSockets = diagnostics.channel("net.client.socket");

/** Node publishes this in the method `connect()` of a Socket; Node 20 in the function. */
const clientsBy = String(methodOfNode(net.Socket.prototype, "connect")).includes("netClientSocketChannel")
  ? "method"
  : "function";

/** Node's own message about a client, from the two that are called `connect()`. */
export function announceClient(socket: object, by: "method" | "function"): void {
  if (by !== clientsBy) return;
  if (clientSockets.hasSubscribers) clientSockets.publish({ socket });
}

export function announceListen(server: net.Server): void {
  if (channels.listen.hasSubscribers) channels.listen.publish({ server });
}

export function announceAccept(server: net.Server, socket: object): void {
  if (channels.accept.hasSubscribers) {
    if (socket instanceof net.Socket) channels.accept.publish({ server, socket });
  }
}

export function announceRetry(server: net.Server, error: AcceptError, delay: number): void {
  if (channels.retry.hasSubscribers) channels.retry.publish({ server, error, delay });
}

export function announceRefusal(server: net.Server, error: ProxyHeaderError): void {
  if (channels.refuse.hasSubscribers) channels.refuse.publish({ server, error });
}

export function announceConnect(socket: object, error: unknown): void {
  if (channels.connect.hasSubscribers) {
    if (socket instanceof net.Socket) channels.connect.publish({ socket, error });
  }
}

/** A server stops listening. */
export function announceStop(server: net.Server): void {
  if (channels.close.hasSubscribers) channels.close.publish({ server, error: null });
}

/** A socket's descriptor is closed. */
export function announceClose(socket: object, error: unknown): void {
  if (channels.close.hasSubscribers) {
    if (socket instanceof net.Socket) channels.close.publish({ socket, error });
  }
}
