import type { Address, AddressInput } from "../../address/address.ts";
import { decodeAddress } from "../../address/sockaddr.ts";
import type { RecvfromError } from "../../posix/recvfrom.ts";
import type { SendtoError } from "../../posix/sendto.ts";
import { host } from "../../system/host.ts";
import type { ValueResult } from "../../system/value-result.ts";
import type { WaitOptions } from "../abort.ts";
import { Waiters } from "../waiters.ts";
import { sendingClosed } from "./datagram-error.ts";
import { type Aborted, OpenDatagrams, type Sending } from "./open-datagrams.ts";

/** A datagram that was received. */
export interface Datagram {
  /** Its bytes, the program's own; it may be empty. */
  readonly data: ReturnType<Uint8ArrayConstructor["from"]>;
  /** Who sent it; `{ family: "unspecified" }` for a unix socket without a name. */
  readonly address: Address;
  /**
   * Whether it was longer than 65 535 bytes, and the rest of it is lost: a unix socket can send
   * such.
   */
  readonly truncated: boolean;
}

/** How much is received ahead of the program. */
const MOST_BYTES = 65_536;
const MOST_DATAGRAMS = 64;

interface PulledSending extends Sending {
  readonly resolve: () => void;
  readonly reject: (error: SendtoError) => void;
}

/** What came while nobody waited. */
type Queued = { readonly datagram: Datagram } | { readonly error: RecvfromError };

/**
 * A datagram socket whose program asks for datagrams. It receives from the first receive() on, and
 * a bounded number ahead; beyond that the system's buffer fills, and the system drops what comes.
 */
export class PulledDatagrams extends OpenDatagrams<PulledSending> {
  readonly #receivers = new Waiters<Datagram | null>("receive()");
  #queue: Queued[] = [];
  #queuedBytes = 0;
  #begun = false;
  /** From when the queue is full until it is empty. */
  #full = false;

  override onDatagram(bytes: Uint8Array, from: ValueResult, flags: number): void {
    const datagram: Datagram = {
      data: new Uint8Array(bytes),
      address: decodeAddress(host, from),
      truncated: (flags & host.constants.MSG.TRUNC) !== 0,
    };
    if (this.#receivers.resolveFirst(datagram)) return;
    this.#queuedBytes += bytes.length;
    this.#keep({ datagram });
  }

  protected override receivingFailed(error: RecvfromError): void {
    if (!this.#receivers.rejectFirst(error)) this.#keep({ error });
  }

  protected override sentOne({ resolve, reject }: PulledSending, error: SendtoError | null): void {
    if (error === null) resolve();
    else reject(error);
  }

  protected override get wanted(): boolean {
    return this.#begun && !this.#full;
  }

  protected override closing(aborted: Aborted | null): void {
    this.#queue = [];
    if (aborted === null) this.#receivers.resolveAll(null);
    else this.#receivers.rejectAll(aborted.reason);
  }

  protected override closed(): void {}

  /** The bytes are good ones. */
  send(bytes: Uint8Array, to: AddressInput | null): Promise<void> {
    if (!this.open) throw this.aborted === null ? sendingClosed() : this.aborted.reason;
    return new Promise((resolve, reject) => this.sendOne(bytes, { to, resolve, reject }));
  }

  /** Null once it is closed. */
  next(options?: WaitOptions): Promise<Datagram | null> {
    if (options?.signal?.aborted) return Promise.reject(options.signal.reason);
    if (!this.open)
      return this.aborted === null ? Promise.resolve(null) : Promise.reject(this.aborted.reason);
    const first = this.#queue.shift();
    if (first === undefined) {
      this.#begun = true;
      this.#full = false;
      this.flow();
      return this.#receivers.wait(options);
    }
    if ("error" in first) return Promise.reject(first.error);
    this.#queuedBytes -= first.datagram.data.length;
    return Promise.resolve(first.datagram);
  }

  #keep(queued: Queued) {
    this.#queue.push(queued);
    if (this.#queuedBytes < MOST_BYTES && this.#queue.length < MOST_DATAGRAMS) return;
    this.#full = true;
    this.flow();
  }
}
