import type { Address, AddressInput } from "../../address/address.ts";
import { decodeAddress } from "../../address/sockaddr.ts";
import type { Engine } from "../../engine/engine.ts";
import type { RecvfromError } from "../../posix/recvfrom.ts";
import type { SendtoError } from "../../posix/sendto.ts";
import { host } from "../../system/host.ts";
import type { ValueResult } from "../../system/value-result.ts";
import type { DatagramSocketHandlers } from "./datagram-handlers.ts";
import { HandledDatagramSocket } from "./handled-datagram-socket.ts";
import type { OpenedDatagramSocket } from "./open-datagram-socket.ts";
import { type Aborted, OpenDatagrams, type Sending } from "./open-datagrams.ts";

/** What may wait to be sent before send() says so, and nothing more is received. */
const MOST_BYTES = 65_536;
const MOST_DATAGRAMS = 1024;

/** A datagram socket whose events go to handlers. */
export class HandledDatagrams extends OpenDatagrams<Sending> {
  readonly socket: HandledDatagramSocket;
  readonly #handlers: DatagramSocketHandlers;
  /** Too much is waiting to be sent. */
  #congested = false;
  /**
   * While message() runs: who sent it, as an object and as the system wrote it, so that an answer
   * need not be encoded.
   */
  #from: Address | null = null;
  #sockaddr: ValueResult | null = null;

  constructor(
    engine: Engine,
    opened: OpenedDatagramSocket,
    signal: AbortSignal | undefined,
    handlers: DatagramSocketHandlers,
  ) {
    super(engine, opened, signal);
    this.#handlers = handlers;
    this.socket = new HandledDatagramSocket(this);
    this.flow();
  }

  override onDatagram(bytes: Uint8Array, from: ValueResult, flags: number): void {
    const address = Object.freeze(decodeAddress(host, from));
    const truncated = (flags & host.constants.MSG.TRUNC) !== 0;
    if (address.family !== "unspecified") {
      this.#from = address;
      this.#sockaddr = from;
    }
    try {
      this.#handlers.message?.(this.socket, bytes, address, truncated);
    } catch (error) {
      this.#threw(error);
    } finally {
      this.#from = null;
    }
  }

  protected override receivingFailed(error: RecvfromError): void {
    this.#handlers.error?.(this.socket, error);
  }

  protected override sentOne(_sending: Sending, error: SendtoError | null): void {
    const drained = this.#congested && this.pendingCount === 0;
    if (drained) {
      this.#congested = false;
      this.flow();
    }
    try {
      if (error !== null) this.#handlers.error?.(this.socket, error);
    } finally {
      if (drained && this.open) this.#drain();
    }
  }

  protected override get wanted(): boolean {
    return !this.#congested;
  }

  protected override closing(): void {}

  protected override closed(aborted: Aborted | null): void {
    this.#handlers.close?.(this.socket, aborted === null ? null : aborted.reason);
  }

  /** The bytes are good ones. */
  send(bytes: Uint8Array, to: AddressInput | null): boolean {
    if (!this.open) return false;
    if (to !== null && to === this.#from) this.sendTo(bytes, this.#sockaddr, { to });
    else this.sendOne(bytes, { to });
    if (this.pendingBytes <= MOST_BYTES && this.pendingCount <= MOST_DATAGRAMS) return true;
    if (!this.#congested) {
      this.#congested = true;
      this.flow();
    }
    return false;
  }

  #drain() {
    try {
      this.#handlers.drain?.(this.socket);
    } catch (error) {
      this.#threw(error);
    }
  }

  /** The engine makes what is thrown from here an uncaught exception. */
  #threw(error: unknown) {
    if (this.#handlers.error === undefined) throw error;
    this.#handlers.error(this.socket, error);
  }
}
