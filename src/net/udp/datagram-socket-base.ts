import type { Address } from "../../address/address.ts";
import { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import { host } from "../../system/host.ts";
import { checkWait, type WaitOptions } from "../abort.ts";
import type { Remote } from "../options/datagram-options.ts";
import type { OpenDatagrams, Sending } from "./open-datagrams.ts";

/** What the two kinds of datagram socket show of themselves alike. */
export abstract class DatagramSocketBase implements AsyncDisposable {
  readonly #open: Pick<OpenDatagrams<Sending>, keyof OpenDatagrams<Sending>>;

  /** @internal */
  constructor(open: Pick<OpenDatagrams<Sending>, keyof OpenDatagrams<Sending>>) {
    this.#open = open;
  }

  /**
   * Its socket, for options: `setsockopt(socket.socket, IP.ADD_MEMBERSHIP, group)`. It stays the
   * DatagramSocket's.
   */
  get socket(): BorrowedSocket {
    return new BorrowedSocket(host, this.#open);
  }

  /**
   * The address that it is bound to. Asked for first after the end, it is
   * `{ family: "unspecified" }`.
   */
  get address(): Address {
    return this.#open.address;
  }

  /** The address of its peer; `{ family: "unspecified" }` where it is not connected, or closed. */
  get remoteAddress(): Address {
    return this.#open.remoteAddress;
  }

  /** Bytes of datagrams that the system has not taken yet. */
  get pendingBytes(): number {
    return this.#open.pendingBytes;
  }

  /** Whether it is closed, by `close()` or its signal. */
  get closed(): boolean {
    return !this.#open.open;
  }

  /**
   * Connects it to a peer, in place of the last: it sends to that one unless told otherwise, and
   * receives from no other. What has come before from others is still received. Nothing is sent by
   * that.
   *
   * @param remote a port, a path, or an address as calls give it
   * @param options `signal` and `timeout` give up the looking up of a name
   * @throws ConnectError, such as `AddressFamilyNotSupported`; named `SocketClosed` where it is
   * closed
   * @throws Error of node:dns where a host cannot be found
   * @throws TypeError or RangeError if `remote` is malformed
   * @throws DOMException named `TimeoutError`, or the `reason` of the signal
   */
  connect(remote: Remote, options?: WaitOptions): Promise<void> {
    return this.#open.connect(remote, options);
  }

  /**
   * Undoes `connect()`: it receives from everybody again. On Linux a port that was a free one is
   * then another.
   *
   * @throws ConnectError named `SocketClosed` where it is closed
   */
  disconnect(): this {
    this.#open.disconnect();
    return this;
  }

  /**
   * Receives nothing more until `resume()`: the system's buffer fills, and then the system drops
   * what comes.
   */
  pause(): this {
    this.#open.pause();
    return this;
  }

  /** Receives again. */
  resume(): this {
    this.#open.resume();
    return this;
  }

  /** Holds the process, as it does at first. */
  ref(): this {
    this.#open.ref();
    return this;
  }

  /** Lets the process end while it is open. */
  unref(): this {
    this.#open.unref();
    return this;
  }

  /**
   * Closes it, once what was sent is taken by the system: that is at once, but with a unix socket
   * that waits for room at its peer. May be repeated.
   *
   * @param options on `signal` and `timeout` what waits is given up, and they are thrown
   */
  async close(options?: WaitOptions): Promise<void> {
    checkWait(options);
    this.#open.close();
    await this.#open.untilClosed(options);
  }

  /** `close()`, at the end of an `await using` scope. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
