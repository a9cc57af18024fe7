import type { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";

/** Whether Node's TLS reads from it: its JSStreamSocket adds a listener. */
export function carriesTls(socket: EventEmitter): boolean {
  return socket.listeners("data").some(isOfTls);
}

/**
 * Leaves received data to TLS alone. On a libuv handle TLS reads below the Socket, so the other
 * listeners of a program that upgrades, as with STARTTLS, get no more, and nothing is decoded.
 */
export function leaveToTls(socket: Duplex): void {
  for (const listener of socket.listeners("data"))
    if (!isOfTls(listener)) socket.off("data", listener as (chunk: unknown) => void);
  if (socket.listenerCount("readable") > 0) socket.removeAllListeners("readable");
  if (socket.readableEncoding === null) return;
  const state: unknown = Reflect.get(socket, "_readableState");
  if (typeof state === "object" && state !== null) Object.assign(state, { decoder: null, encoding: null });
}

function isOfTls(listener: unknown): boolean {
  return (
    typeof listener === "function" && listener.name === "ondata" && String(listener).includes("readBuffer")
  );
}
