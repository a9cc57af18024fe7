import type { Address, AddressInput } from "../../address/address.ts";
import { AddressCache } from "../../address/address-cache.ts";
import { encodeAddress } from "../../address/sockaddr.ts";
import type { Datagrams, Engine, OwnBytes } from "../../engine/engine.ts";
import { isOfEngine } from "../../errors/engine-errno.ts";
import { invariant } from "../../invariant.ts";
import { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import { connect } from "../../posix/connect.ts";
import { tryGetpeername } from "../../posix/getpeername.ts";
import { tryGetsockname } from "../../posix/getsockname.ts";
import { checkNetPermission } from "../../posix/net-permission.ts";
import { engineClosed, engineOpened } from "../../posix/ownership.ts";
import type { RecvfromError } from "../../posix/recvfrom.ts";
import type { SendtoError } from "../../posix/sendto.ts";
import { tryShutdown } from "../../posix/shutdown.ts";
import type { System } from "../../system/system.ts";
import type { ValueResult } from "../../system/value-result.ts";
import { checkWait, throwIfAborted, type WaitOptions } from "../abort.ts";
import type { UnixPath } from "../listener/unix-path.ts";
import { checkRemote, type Remote } from "../options/datagram-options.ts";
import { NOT_OF_CLOSE, refuseOptionsOfOthers } from "../options/options-of-others.ts";
import { peerAddress } from "../resolve.ts";
import { Waiters } from "../waiters.ts";
import { recvfromError, sendtoError } from "./datagram-error.ts";
import { addressFor, type OpenedDatagramSocket } from "./open-datagram-socket.ts";

/** Why a socket was closed, unless the program closed it. */
export interface Aborted {
  readonly reason: unknown;
}

/**
 * The members that both kinds of datagram socket share. The engine calls `onDatagram()`, `onSent()`
 * and `onError()`.
 */
export abstract class DatagramSocketBase implements AsyncDisposable {
  readonly #datagrams: Datagrams;
  readonly #domain: number;
  readonly #path: UnixPath | undefined;
  readonly #signal: AbortSignal | undefined;
  /**
   * The addresses of its senders.
   *
   * @internal
   */
  protected readonly senders: AddressCache;
  readonly #abort = () => this.#close({ reason: this.#signal?.reason });
  /** Where each datagram goes whose onSent() has not been called; null is the peer. */
  readonly #sending: (AddressInput | null)[] = [];
  readonly #closers = new Waiters<void>("close()");
  /** After close(), waiting datagrams are sent first; then the engine closes the descriptor. */
  #state: "open" | "sending unsent datagrams" | "closing" | "closed" = "open";
  #aborted: Aborted | null = null;
  #paused = false;
  #address: Address = { family: "unspecified" };

  /** @internal */
  constructor(engine: Engine, { socket, path }: OpenedDatagramSocket, signal: AbortSignal | undefined) {
    this.#domain = socket.domain;
    this.#path = path;
    this.#signal = signal;
    this.senders = new AddressCache(socket.system);
    this.#datagrams = engine.datagrams(socket.detach(), this);
    engineOpened(this.system, this.#datagrams.fd);
    signal?.addEventListener("abort", this.#abort);
  }

  /**
   * The underlying socket, for its options: `setsockopt(socket.socket, IP.ADD_MEMBERSHIP, group)`.
   * The DatagramSocket still owns it.
   */
  get socket(): BorrowedSocket {
    return new BorrowedSocket(this.system, this);
  }

  /** The address it is bound to; `{ family: "unspecified" }` if first read after it was closed. */
  get address(): Address {
    const named = tryGetsockname(this.socket);
    if (named.ok) this.#address = named.value;
    return this.#address;
  }

  /** The port it is bound to; 0 if it has none, such as a unix socket. */
  get port(): number {
    const { address } = this;
    return "port" in address ? address.port : 0;
  }

  /** The address of its peer; `{ family: "unspecified" }` if it is not connected, or closed. */
  get remoteAddress(): Address {
    const named = tryGetpeername(this.socket);
    return named.ok ? named.value : { family: "unspecified" };
  }

  /** The number of bytes in datagrams that the system has not accepted yet. */
  get pendingBytes(): number {
    return this.#datagrams.pendingBytes;
  }

  /** Whether it is closed, by `close()` or its signal. */
  get closed(): boolean {
    return this.#state !== "open";
  }

  /**
   * Connects it to a peer, replacing any earlier one: it sends to that peer by default, and
   * receives only from it. Datagrams that already arrived from others are still received. No packet
   * is sent.
   *
   * @param remote a port, a path, or an address as calls return it
   * @param options `signal` and `timeout` abort the lookup of a name
   * @throws ConnectError, such as `AddressFamilyNotSupported`; named `SocketClosed` if it is closed
   * @throws Error of node:dns if a host cannot be found
   * @throws TypeError or RangeError if `remote` is malformed
   * @throws DOMException named `TimeoutError`, or the `reason` of the signal
   */
  async connect(remote: Remote, options?: WaitOptions): Promise<void> {
    const wait = checkWait(options);
    const checked = checkRemote(remote);
    throwIfAborted(wait?.signal);
    const peer = await peerAddress(this.system, checked, this.#domain, wait ?? {});
    connect(this.socket, addressFor(this.system, this.#domain, peer));
  }

  /**
   * Undoes `connect()`: it receives from any sender again. On Linux, a port that the system chose
   * may change.
   *
   * @throws ConnectError named `SocketClosed` if it is closed
   */
  disconnect(): this {
    connect(this.socket, { family: "unspecified" });
    return this;
  }

  /**
   * Stops receiving until `resume()`: the system's buffer fills, and then the system drops what
   * arrives.
   */
  pause(): this {
    this.#paused = true;
    this.#datagrams.pause();
    return this;
  }

  /** Receives again. */
  resume(): this {
    this.#paused = false;
    this.flow();
    return this;
  }

  /** Keeps the process running while it is open, as it does by default. */
  ref(): this {
    this.#datagrams.ref();
    return this;
  }

  /** Lets the process exit while it is open. */
  unref(): this {
    this.#datagrams.unref();
    return this;
  }

  /**
   * Closes it once the system has taken everything that was sent: immediately, except for a unix
   * socket whose peer's buffer is full. May be called again.
   *
   * @param options if `signal` or `timeout` ends the wait, unsent datagrams are dropped and the
   * reason is thrown
   */
  async close(options?: WaitOptions): Promise<void> {
    const wait = checkWait(options);
    if (options !== undefined) refuseOptionsOfOthers("close()", options, NOT_OF_CLOSE);
    this.#close(null);
    if (this.#state === "closed") return;
    try {
      await this.#closers.wait(this.system.clock, wait);
    } catch (error) {
      // Fails sends that wait for space at a unix socket: shutdown() wakes them (unix_shutdown in
      // net/unix/af_unix.c).
      if (this.#state === "sending unsent datagrams")
        tryShutdown(this.#engineSocket, this.system.constants.SHUT.RDWR);
      throw error;
    }
  }

  /** `close()`, at the end of an `await using` scope. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * The descriptor; -1 once it is closed, though datagrams may still wait to be sent.
   *
   * @internal
   */
  get fd(): number {
    return this.closed ? -1 : this.#datagrams.fd;
  }

  /** @internal */
  protected get system(): System {
    return this.#datagrams.system;
  }

  /** @internal */
  abstract onDatagram(bytes: OwnBytes, from: ValueResult, flags: number): void;

  /** @internal */
  onSent(errno: number): void {
    const to = this.#sending.shift();
    invariant(to !== undefined, "onSent() is called once for each datagram");
    try {
      this.sentOne(errno === 0 ? null : sendtoError(this.#engineSocket, errno, to));
    } finally {
      this.#closeOnceSent();
    }
  }

  /** @internal */
  onError(errno: number): void {
    if (this.closed) return;
    const error = recvfromError(this.#engineSocket, errno);
    this.receivingFailed(error);
    if (isOfEngine(errno)) this.#close({ reason: error });
  }

  /**
   * The first datagram sent that sentOne() was not called for has been sent, or has failed.
   *
   * @internal
   */
  protected abstract sentOne(error: SendtoError | null): void;
  /** @internal */
  protected abstract receivingFailed(error: RecvfromError): void;
  /**
   * Whether to receive, unless the program has paused it.
   *
   * @internal
   */
  protected abstract get wanted(): boolean;
  /**
   * Nothing more is received.
   *
   * @internal
   */
  protected abstract closing(aborted: Aborted | null): void;
  /** @internal */
  protected abstract descriptorClosed(aborted: Aborted | null): void;

  /**
   * Null if it is open, or the program closed it.
   *
   * @internal
   */
  protected get aborted(): Aborted | null {
    return this.#aborted;
  }

  /**
   * The number of datagrams that the system has not accepted yet.
   *
   * @internal
   */
  protected get pendingCount(): number {
    return this.#sending.length;
  }

  /**
   * Starts or stops receiving, as needed now.
   *
   * @internal
   */
  protected flow(): void {
    if (this.closed) return;
    if (this.wanted && !this.#paused) this.#datagrams.resume();
    else this.#datagrams.pause();
  }

  /**
   * An address for `sendEncoded()`, in memory of the System's; null for the peer. Its getters may
   * close the socket and transfer the datagram's bytes, so both are checked afterwards.
   *
   * @internal
   */
  protected encoded(to: AddressInput | null): ValueResult | null {
    // A sender without a name has the address "unspecified": an answer to it goes to the peer, if
    // there is one.
    if (to === null || to.family === "unspecified") return null;
    const sockaddr = encodeAddress(
      addressFor(this.system, this.#domain, to),
      this.system,
      this.system.address,
    );
    // A connected socket keeps working after --allow-net was dropped; a new peer is an error, as in
    // node:dgram.
    checkNetPermission(to);
    return sockaddr;
  }

  /**
   * Sends it within the call if possible; returns whether it was sent. The parameters are those of
   * `sendEncoded()`.
   *
   * @throws SendtoError
   * @internal
   */
  protected sendAtOnce(bytes: Uint8Array, to: AddressInput | null, sockaddr: ValueResult | null): boolean {
    if (this.#sending.length > 0) return false;
    const errno = this.#datagrams.sendAtOnce(bytes, sockaddr);
    if (errno === undefined) return false;
    if (errno < 0) throw sendtoError(this.#engineSocket, errno, to);
    return true;
  }

  /**
   * @param bytes already checked, with none of the caller's code run since
   * @param sockaddr the same address as `to`, encoded
   * @internal
   */
  protected sendEncoded(bytes: Uint8Array, to: AddressInput | null, sockaddr: ValueResult | null): void {
    this.#datagrams.send(bytes, sockaddr);
    this.#sending.push(to);
  }

  /** Stops receiving, and closes the descriptor once everything is sent. */
  #close(aborted: Aborted | null) {
    if (this.closed) return;
    this.#state = "sending unsent datagrams";
    this.#aborted = aborted;
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#path?.remove();
    this.#datagrams.pause();
    this.#closeOnceSent();
    this.closing(aborted);
  }

  /** Not left to the engine, which would no longer call onSent(). */
  #closeOnceSent() {
    if (this.#state !== "sending unsent datagrams" || this.#sending.length > 0) return;
    this.#state = "closing";
    const { fd } = this.#datagrams;
    this.#datagrams.close(() => {
      engineClosed(this.system, fd);
      this.#state = "closed";
      this.#closers.resolveAll();
      this.descriptorClosed(this.#aborted);
    });
  }

  /** The socket for as long as the engine has it. */
  get #engineSocket(): BorrowedSocket {
    return new BorrowedSocket(this.system, this.#datagrams);
  }
}
