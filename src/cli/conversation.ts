import { machineClock, type Timer } from "../clock/clock.ts";
import type { HandledConnection } from "../net/connection/handled-connection.ts";
import type { Responder } from "./responders/responder.ts";

const nothing = new Uint8Array(0);

/** How long a connection that has been answered for good may take to close its side. */
const LINGER = 2000;

/**
 * A connection and its responder, which is not asked again while more than a little of its answers
 * is waiting to be sent; the connection does not receive then. So it never holds more than one
 * answer and what was received by then, however slow its peer is.
 */
export class Conversation {
  readonly #connection: HandledConnection<unknown>;
  readonly #responder: Responder;
  /** Received, and not consumed by the responder yet. */
  #unread: Uint8Array = nothing;
  #received = 0;
  #written = 0;
  /** As of when it was last known. */
  #sent = 0;
  #congested = false;
  /** The last answer is given: what still arrives is dropped, until the peer closes. */
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

  /** What it came to; in order, all that was written was sent. */
  ended(inOrder: boolean): { readonly received: number; readonly sent: number } {
    machineClock.clearTimeout(this.#linger);
    return { received: this.#received, sent: inOrder ? this.#written : this.#sent };
  }

  /**
   * Has the responder answer what is unread, until it wants more, or the peer does not take its
   * answers.
   */
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
    // What came lies in memory that is used again.
    if (this.#unread.byteLength > 0) this.#unread = new Uint8Array(this.#unread);
  }

  /**
   * Says that nothing follows. To close at once would reset the connection where bytes are still
   * unread, and the reset may overtake the answer (RFC 9112, 9.6).
   */
  #finish() {
    this.#finishing = true;
    this.#unread = nothing;
    this.#connection.end();
    this.#linger = machineClock.setTimeout(() => this.#connection.close(), LINGER);
  }
}
