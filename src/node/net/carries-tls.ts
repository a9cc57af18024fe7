import type { EventEmitter } from "node:events";

/** Whether Node's TLS reads from it: its JSStreamSocket adds a listener. */
export function carriesTls(socket: EventEmitter): boolean {
  return socket
    .listeners("data")
    .some((listener) => listener.name === "ondata" && String(listener).includes("readBuffer"));
}
