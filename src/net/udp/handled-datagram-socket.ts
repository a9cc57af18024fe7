import type { Address, AddressInput } from "../../address/address.ts";
import type { Engine, OwnBytes } from "../../engine/engine.ts";
import type { RecvfromError } from "../../posix/recvfrom.ts";
import type { SendtoError } from "../../posix/sendto.ts";
import type { ValueResult } from "../../system/value-result.ts";
import { checkHandlersNamed } from "../check-handlers.ts";
import { bytesToSend, type Data } from "../connection/data.ts";
import { type Aborted, DatagramSocketBase } from "./datagram-socket-base.ts";
import type { OpenedDatagramSocket } from "./open-datagram-socket.ts";

/**
 * Handlers for a datagram socket's events. They are called as methods of the object that was
 * passed, which may be changed at any time. A promise returned by a handler is ignored.
 *
 * If a handler throws, `error()` is called and the socket stays open, since anyone can send to it.
 * Without `error()`, it becomes an uncaught exception.
 */
export interface DatagramSocketHandlers {
  /**
   * A datagram arrived, which may be empty. Without this handler, datagrams are dropped.
   *
   * @param bytes a view of the engine's memory, valid until this returns: `new Uint8Array(bytes)`
   * copies it. If it, or a `subarray()` of it, is sent during the call, from any socket, it is not
   * copied
   * @param from the sender; `{ family: "unspecified" }` for a unix socket without a name
   * @param truncated whether it was longer than 65 535 bytes, as a unix socket can send, and the
   * rest was lost
   */
  message?(socket: HandledDatagramSocket, bytes: Uint8Array, from: Address, truncated: boolean): void;
  /** The system has taken everything that was sent, after a `send()` that returned false. */
  drain?(socket: HandledDatagramSocket): void;
  /**
   * A datagram could not be sent (a SendtoError), receiving failed (a RecvfromError), such as with
   * `ConnectionRefused` if no socket received an earlier datagram, or a handler threw. The socket
   * continues. Without this handler, failures are ignored and are not exceptions, since a peer can
   * cause them. An error thrown by this handler becomes an uncaught exception.
   */
  error?(socket: HandledDatagramSocket, error: unknown): void;
  /**
   * The socket is closed. No handler is called after this one.
   *
   * @param error the reason of the signal that closed it; null after `close()`
   */
  close?(socket: HandledDatagramSocket, error: unknown): void;
}

const names = ["message", "drain", "error", "close"] as const;

export function checkDatagramHandlers(handlers: DatagramSocketHandlers): void {
  checkHandlersNamed(names, handlers);
}

/** The limits of what may wait to be sent before send() returns false and receiving stops. */
const MOST_BYTES = 65_536;
const MOST_DATAGRAMS = 1024;

/**
 * A socket for datagrams whose events go to handlers: `udp(options, handlers)` returns one.
 *
 * While more than 64 KiB or 1024 datagrams wait to be sent, nothing is received, so that a server
 * that replies to datagrams uses bounded memory.
 *
 * It is closed by `close()`, at the end of an `await using` scope, or by its signal. A datagram
 * that fails does not close it.
 */
export class HandledDatagramSocket extends DatagramSocketBase {
  readonly #handlers: DatagramSocketHandlers;
  /** Too much is waiting to be sent. */
  #congested = false;
  /**
   * While message() runs: the sender, as an object and as the system wrote it, so that an answer's
   * address need not be encoded.
   */
  #from: Address | null = null;
  #sockaddr: ValueResult | null = null;

  /** @internal */
  constructor(
    engine: Engine,
    opened: OpenedDatagramSocket,
    signal: AbortSignal | undefined,
    handlers: DatagramSocketHandlers,
  ) {
    super(engine, opened, signal);
    this.#handlers = handlers;
    this.flow();
  }

  /**
   * Sends one datagram, in the order of the calls. The caller may change the bytes as soon as the
   * call returns. If it cannot be sent, the handler `error()` is called. Does nothing if the socket
   * is closed.
   *
   * @param data its bytes, which may be empty; a view passed to the handler `message()`, or a
   * `subarray()` of it, is sent without a copy during that handler
   * @param to where to send it; by default, or if it is `{ family: "unspecified" }`, to the peer of
   * a connected socket. The address passed to `message()` is the cheapest
   * @returns false if more than 64 KiB or 1024 datagrams now wait to be sent, or the socket is
   * closed: a program that sends unasked should wait for the handler `drain()`
   * @throws TypeError if `data` is neither a string nor a Uint8Array over plain memory, or a view
   * of a handler that has returned, or the address is malformed
   * @throws RangeError if the address is out of range, or `data` is longer than the engine takes:
   * 255 KiB on io_uring
   */
  send(data: Data, to?: AddressInput): boolean {
    const isAnswer = to !== undefined && to === this.#from;
    const sockaddr = isAnswer ? this.#sockaddr : this.encoded(to ?? null);
    const bytes = bytesToSend(data);
    if (this.closed) return false;
    this.sendEncoded(bytes, to ?? null, sockaddr);
    if (this.pendingBytes <= MOST_BYTES && this.pendingCount <= MOST_DATAGRAMS) return true;
    if (!this.#congested) {
      this.#congested = true;
      this.flow();
    }
    return false;
  }

  /** @internal */
  override onDatagram(bytes: OwnBytes, from: ValueResult, flags: number): void {
    const address = this.senders.decode(from);
    const truncated = (flags & this.system.constants.MSG.TRUNC) !== 0;
    if (address.family !== "unspecified") {
      this.#from = address;
      this.#sockaddr = from;
    }
    try {
      this.#handlers.message?.(this, bytes, address, truncated);
    } catch (error) {
      this.#threw(error);
    } finally {
      this.#from = null;
    }
  }

  /** @internal */
  protected override receivingFailed(error: RecvfromError): void {
    this.#handlers.error?.(this, error);
  }

  /** @internal */
  protected override sentOne(error: SendtoError | null): void {
    const drained = this.#congested && this.pendingCount === 0;
    if (drained) {
      this.#congested = false;
      this.flow();
    }
    try {
      if (error !== null) this.#handlers.error?.(this, error);
    } finally {
      if (drained && !this.closed) this.#drain();
    }
  }

  /** @internal */
  protected override get wanted(): boolean {
    return !this.#congested;
  }

  /** @internal */
  protected override closing(): void {}

  /** @internal */
  protected override descriptorClosed(aborted: Aborted | null): void {
    this.#handlers.close?.(this, aborted === null ? null : aborted.reason);
  }

  #drain() {
    try {
      this.#handlers.drain?.(this);
    } catch (error) {
      this.#threw(error);
    }
  }

  /** Without a handler, the engine turns what is thrown here into an uncaught exception. */
  #threw(error: unknown) {
    if (this.#handlers.error === undefined) throw error;
    this.#handlers.error(this, error);
  }
}
