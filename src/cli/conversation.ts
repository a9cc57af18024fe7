import type { Timer } from "../clock/clock.ts";
import { machineClock } from "../clock/machine-clock.ts";
import type { HandledConnection } from "../net/connection/handled-connection.ts";
import type { Responder } from "./responders/responder.ts";

const nothing = new Uint8Array(0);

/** How many milliseconds the peer may take to close after the last answer. */
const LINGER = 2000;

/**
 * A connection and its responder. While an answer waits to be sent, the responder is not called and
 * the connection does not receive, so that a slow peer costs at most the memory of one answer and
 * the bytes received before it.
 */
export class Conversation {
  readonly #connection: HandledConnection<unknown>;
  readonly #responder: Responder;
  /** Received but not yet consumed by the responder. */
  #unread: Uint8Array = nothing;
  #received = 0;
  #written = 0;
  /** The bytes sent as of the last check. */
  #sent = 0;
  #congested = false;
  /** After the last answer, drops received data until the peer closes. */
  #finishing = false;
  #linger: Timer | undefined;

  constructor(connection: HandledConnection<unknown>, responder: Responder) {
    this.#connection = connection;
    this.#responder = responder;
  }

  received(bytes: Uint8Array): void {
    this.#received += bytes.byteLength;
    if (this.#finishing) return;
    this.#unread = this.#unread.byteLength === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    this.#respond();
  }

  drained(): void {
    this.#congested = false;
    this.#respond();
  }

  /**
   * Returns the totals. `inOrder`: the connection closed without an error, so everything was sent.
   */
  ended(inOrder: boolean): { readonly received: number; readonly sent: number } {
    machineClock.clearTimeout(this.#linger);
    return { received: this.#received, sent: inOrder ? this.#written : this.#sent };
  }

  /** Lets the responder answer until it needs more data or the peer stops reading. */
  #respond() {
    while (this.#unread.byteLength > 0 && !this.#congested && !this.#finishing) {
      const { consumed, send = nothing, end = false } = this.#responder(this.#unread);
      this.#unread = this.#unread.subarray(consumed);
      this.#written += send.byteLength;
      this.#congested = send.byteLength > 0 && !this.#connection.write(send);
      if (end) this.#finish();
      else if (consumed === 0) break;
    }
    this.#sent = Math.max(this.#sent, this.#written - this.#connection.pendingBytes);
    // The memory of received bytes is reused after this call.
    if (this.#unread.byteLength > 0) this.#unread = new Uint8Array(this.#unread);
  }

  /**
   * Ends our side. Closing immediately would reset the connection if bytes are unread, and the
   * reset might overtake the answer (RFC 9112, 9.6).
   */
  #finish() {
    this.#finishing = true;
    this.#unread = nothing;
    this.#connection.end();
    this.#linger = machineClock.setTimeout(() => this.#connection.close(), LINGER);
  }
}
