import { type Interest, type Watch, watch } from "../engine/watch.ts";
import { close } from "../posix/close.ts";
import { SHUT } from "../posix/constants.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { tryRecv } from "../posix/recv.ts";
import { trySend } from "../posix/send.ts";
import { tryShutdown } from "../posix/shutdown.ts";
import type { Responder } from "./responders/responder.ts";

/** What one call of recv() may bring, for all connections: its bytes are used up, or copied, before the next call. */
const buffer = Buffer.allocUnsafeSlow(65_536);
const nothing = new Uint8Array(0);

/** How often one connection receives before the others have their turn. */
const TURNS = 8;

/** How long a connection that has been answered for good may take to close its side. */
const LINGER = 2000;

/** What a connection came to. */
export interface Ending {
  readonly received: number;
  readonly sent: number;
  /** The name of the error that ended it; null if none did. */
  readonly error: string | null;
}

/**
 * A connection and its responder. It receives only when all that it had to send is sent, so it never holds more than one
 * answer and one buffer, however slow its peer is.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #responder: Responder;
  readonly #ended: (ending: Ending) => void;
  readonly #watch: Watch;
  #waitsFor: Interest = "readable";
  /** Received, and not consumed by the responder yet. */
  #unread: Uint8Array = nothing;
  /** Answered, and not taken by the kernel yet. */
  #unsent: Uint8Array = nothing;
  #received = 0;
  #sent = 0;
  /** The last answer is given: what still arrives is dropped, until the peer closes. */
  #finishing = false;
  #linger: NodeJS.Timeout | undefined;
  #closed = false;

  /** Takes a connected, non-blocking socket; `ended` is called once, when it is closed. */
  constructor(socket: Socket, responder: Responder, ended: (ending: Ending) => void) {
    this.#socket = socket;
    this.#responder = responder;
    this.#ended = ended;
    this.#watch = watch(socket.fd, "readable", () => this.#ready());
  }

  /** Closes it now. */
  close(error: string | null = null): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#linger);
    this.#watch.stop();
    close(this.#socket);
    this.#ended({ received: this.#received, sent: this.#sent, error });
  }

  #ready() {
    for (let turn = 0; turn < TURNS && !this.#closed; turn++) {
      this.#flush();
      this.#respond();
      if (this.#unsent.byteLength > 0) return this.#waitFor("writable");
      if (!this.#receive()) return;
    }
  }

  /** Receives once. False when there is nothing to receive now, or ever. */
  #receive(): boolean {
    if (this.#closed) return false;
    this.#waitFor("readable");
    const result = tryRecv(this.#socket, buffer);
    if (!result.ok) {
      if (result.error.name !== "WouldBlock") this.close(result.error.name);
      return false;
    }
    if (result.value === 0) {
      this.close();
      return false;
    }
    this.#received += result.value;
    const arrived = buffer.subarray(0, result.value);
    this.#unread = this.#unread.byteLength === 0 ? arrived : Buffer.concat([this.#unread, arrived]);
    this.#respond();
    return true;
  }

  /** Has the responder answer what is unread, until it wants more, or the peer does not take its answer. */
  #respond() {
    while (
      this.#unread.byteLength > 0 &&
      this.#unsent.byteLength === 0 &&
      !this.#finishing &&
      !this.#closed
    ) {
      const { consumed, send = nothing, end = false } = this.#responder(this.#unread);
      this.#unread = this.#unread.subarray(consumed);
      this.#unsent = send;
      this.#finishing = end;
      this.#flush();
      if (consumed === 0 && !end) break;
    }
    if (this.#finishing) {
      this.#unread = nothing;
      this.#finish();
    }
    // Both may lie in memory that the next call uses again.
    if (this.#unread.byteLength > 0) this.#unread = Buffer.from(this.#unread);
    if (this.#unsent.byteLength > 0) this.#unsent = Buffer.from(this.#unsent);
  }

  /** Sends what is unsent, as far as the kernel takes it. */
  #flush() {
    if (this.#unsent.byteLength === 0 || this.#closed) return;
    const result = trySend(this.#socket, this.#unsent);
    if (result.ok) {
      this.#sent += result.value;
      this.#unsent = this.#unsent.subarray(result.value);
    } else if (result.error.name !== "WouldBlock") {
      this.close(result.error.name);
    }
  }

  /**
   * Says that nothing follows. To close at once would reset the connection where bytes are still unread, and the reset
   * may overtake the answer (RFC 9112, 9.6).
   */
  #finish() {
    if (this.#unsent.byteLength > 0 || this.#linger !== undefined || this.#closed) return;
    this.#linger = setTimeout(() => this.close(), LINGER);
    tryShutdown(this.#socket, SHUT.WR);
  }

  #waitFor(interest: Interest) {
    if (this.#closed || this.#waitsFor === interest) return;
    this.#waitsFor = interest;
    this.#watch.change(interest);
  }
}
