import type { Address } from "../../address/address.ts";
import { argumentType, checkObject, kind } from "../../errors/argument.ts";
import type { HandledDatagramSocket } from "./handled-datagram-socket.ts";

/**
 * What is called for a datagram socket, as methods of the object that was given, which may be
 * changed at any time. None is waited for: where one returns a promise, it is not looked at.
 *
 * One that throws has `error()` called, and the socket goes on, since anybody can send to it.
 * Without `error()` what it threw is an uncaught exception.
 */
export interface DatagramSocketHandlers {
  /**
   * A datagram came, which may be empty. Without this, what comes is dropped.
   *
   * @param bytes a view of the engine's memory that is good until this returns:
   * `new Uint8Array(bytes)` copies them. Sent during the call, from any socket, the view or a
   * `subarray()` of it is sent from where it lies
   * @param from who sent it; `{ family: "unspecified" }` for a unix socket without a name
   * @param truncated whether it was longer than 65 535 bytes, and the rest of it is lost: a unix
   * socket can send such
   */
  message?(socket: HandledDatagramSocket, bytes: Uint8Array, from: Address, truncated: boolean): void;
  /** All that was sent is taken by the system, after a `send()` that returned false. */
  drain?(socket: HandledDatagramSocket): void;
  /**
   * A datagram could not be sent (a SendtoError), receiving failed (a RecvfromError), such as with
   * `ConnectionRefused` for an earlier datagram that nobody was there for, or a handler has thrown
   * this. The socket goes on. Failures are no exception without this, since a peer can make them.
   * What this throws is an uncaught exception.
   */
  error?(socket: HandledDatagramSocket, error: unknown): void;
  /**
   * The socket is closed: the last that is called for it.
   *
   * @param error the reason of the signal that closed it; null if that was `close()`
   */
  close?(socket: HandledDatagramSocket, error: unknown): void;
}

const names = ["message", "drain", "error", "close"] as const;

export function checkDatagramHandlers(handlers: DatagramSocketHandlers): void {
  checkObject("handlers", "{ message?, drain?, error?, close? }", handlers);
  for (const name of names) {
    const handler = handlers[name];
    if (handler !== undefined && typeof handler !== "function")
      throw argumentType(`the handler ${name} must be a function, not ${kind(handler)}`);
  }
}
