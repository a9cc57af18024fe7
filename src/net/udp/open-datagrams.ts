import type { Address, AddressInput } from "../../address/address.ts";
import { encodeAddress } from "../../address/sockaddr.ts";
import type { DatagramHandlers, Datagrams, Engine } from "../../engine/engine.ts";
import { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import { connect } from "../../posix/connect.ts";
import { SHUT } from "../../posix/constants.ts";
import { tryGetpeername } from "../../posix/getpeername.ts";
import { tryGetsockname } from "../../posix/getsockname.ts";
import { checkNetPermission } from "../../posix/net-permission.ts";
import { engineClosed, engineOpened } from "../../posix/ownership.ts";
import type { RecvfromError } from "../../posix/recvfrom.ts";
import type { SendtoError } from "../../posix/sendto.ts";
import { tryShutdown } from "../../posix/shutdown.ts";
import { host } from "../../system/host.ts";
import type { ValueResult } from "../../system/value-result.ts";
import { checkWait, throwIfAborted, type WaitOptions } from "../abort.ts";
import type { UnixPath } from "../listener/unix-path.ts";
import { checkRemote, type Remote } from "../options/datagram-options.ts";
import { Waiters } from "../waiters.ts";
import { receivingRingFailed, recvfromError, sendtoError } from "./datagram-error.ts";
import { addressFor, findRemote, type OpenedDatagramSocket } from "./open-datagram-socket.ts";

/** A datagram that the engine has, and that the system has not taken yet. */
export interface Sending {
  /** Null: to the peer. */
  readonly to: AddressInput | null;
}

/** What closed a socket, if it was not the program's `close()`. */
export interface Aborted {
  readonly reason: unknown;
}

/**
 * A datagram socket as the engine has it, and how it ends: what those of both kinds, pulled and
 * with handlers, have in common.
 */
export abstract class OpenDatagrams<Sent extends Sending> implements DatagramHandlers {
  protected readonly datagrams: Datagrams;
  readonly #domain: number;
  readonly #path: UnixPath | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #abort = () => this.close({ reason: this.#signal?.reason });
  /** In the order in which sent() is called for them. */
  readonly #sending: Sent[] = [];
  readonly #closers = new Waiters<void>("close()");
  #open = true;
  #descriptorClosed = false;
  #aborted: Aborted | null = null;
  #paused = false;
  #address: Address = { family: "unspecified" };

  constructor(engine: Engine, { socket, path }: OpenedDatagramSocket, signal: AbortSignal | undefined) {
    this.#domain = socket.domain;
    this.#path = path;
    this.#signal = signal;
    this.datagrams = engine.datagrams(socket.detach(), this);
    engineOpened(this.datagrams.fd);
    signal?.addEventListener("abort", this.#abort);
  }

  abstract onDatagram(bytes: Uint8Array, from: ValueResult, flags: number): void;
  /** What sent() is told, of the datagram that it is told of. */
  protected abstract sentOne(sending: Sent, error: SendtoError | null): void;
  protected abstract receivingFailed(error: RecvfromError): void;
  /** Whether receiving is to go on, if the program has not paused it. */
  protected abstract get wanted(): boolean;
  /** Nothing is received any more. */
  protected abstract closing(aborted: Aborted | null): void;
  /** The descriptor is closed. */
  protected abstract closed(aborted: Aborted | null): void;

  /** -1 once it is closed, though datagrams may still wait to be sent. */
  get fd(): number {
    return this.#open ? this.datagrams.fd : -1;
  }

  get open(): boolean {
    return this.#open;
  }

  /** Null while it is open, and where the program closed it. */
  get aborted(): Aborted | null {
    return this.#aborted;
  }

  get address(): Address {
    const named = tryGetsockname(new BorrowedSocket(host, this));
    if (named.ok) this.#address = named.value;
    return this.#address;
  }

  get remoteAddress(): Address {
    const named = tryGetpeername(new BorrowedSocket(host, this));
    return named.ok ? named.value : { family: "unspecified" };
  }

  get pendingBytes(): number {
    return this.datagrams.pendingBytes;
  }

  /** How many datagrams the system has not taken yet. */
  get pendingCount(): number {
    return this.#sending.length;
  }

  async connect(remote: Remote, options: WaitOptions | undefined): Promise<void> {
    checkWait(options);
    const checked = checkRemote(remote);
    throwIfAborted(options?.signal);
    const peer = await findRemote(checked, this.#domain, options ?? {});
    connect(new BorrowedSocket(host, this), addressFor(this.#domain, peer));
  }

  disconnect(): void {
    connect(new BorrowedSocket(host, this), { family: "unspecified" });
  }

  ref(): void {
    this.datagrams.ref();
  }

  unref(): void {
    this.datagrams.unref();
  }

  /** By the program. */
  pause(): void {
    this.#paused = true;
    this.datagrams.pause();
  }

  resume(): void {
    this.#paused = false;
    this.flow();
  }

  /** Receives or does not, as is wanted now. */
  protected flow(): void {
    if (!this.#open) return;
    if (this.wanted && !this.#paused) this.datagrams.resume();
    else this.datagrams.pause();
  }

  /** The bytes are good ones. */
  protected sendOne(bytes: Uint8Array, sending: Sent): void {
    const { to } = sending;
    // A sender without a name has this address: what is sent to it goes to the peer, if there is
    // one.
    const isNone = to === null || to.family === "unspecified";
    const sockaddr = isNone ? null : encodeAddress(addressFor(this.#domain, to), host, host.address);
    // A connected socket goes on after --allow-net was dropped; a new peer is refused, as by
    // node:dgram.
    if (!isNone) checkNetPermission(to);
    this.sendTo(bytes, sockaddr, sending);
  }

  protected sendTo(bytes: Uint8Array, sockaddr: ValueResult | null, sending: Sent): void {
    this.datagrams.send(bytes, sockaddr);
    this.#sending.push(sending);
  }

  onSent(errno: number): void {
    const sending = this.#sending.shift();
    if (sending === undefined) return;
    try {
      this.sentOne(sending, errno === 0 ? null : sendtoError(this.#engines, errno, sending.to));
    } finally {
      if (!this.#open && this.#sending.length === 0) this.#closeDescriptor();
    }
  }

  onError(errno: number, final = false): void {
    if (!this.#open) return;
    const error = final ? receivingRingFailed(errno) : recvfromError(this.#engines, errno);
    this.receivingFailed(error);
    if (final) this.close({ reason: error });
  }

  /** Receives no more, and closes the descriptor once what waits is sent. */
  close(aborted: Aborted | null = null): void {
    if (!this.#open) return;
    this.#open = false;
    this.#aborted = aborted;
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#path?.remove();
    this.datagrams.pause();
    // Not left to the engine, which would tell of no datagram any more.
    if (this.#sending.length === 0) this.#closeDescriptor();
    this.closing(aborted);
  }

  /**
   * Waits until the descriptor is closed. Who gives that up has what waits to be sent fail:
   * shutdown() wakes those who wait for room at a unix socket (unix_shutdown in
   * net/unix/af_unix.c).
   */
  async untilClosed(options: WaitOptions | undefined): Promise<void> {
    if (this.#descriptorClosed) return;
    try {
      await this.#closers.wait(options);
    } catch (error) {
      if (!this.#descriptorClosed) tryShutdown(this.#engines, SHUT.RDWR);
      throw error;
    }
  }

  /** The socket for as long as the engine has it. */
  get #engines(): BorrowedSocket {
    return new BorrowedSocket(host, this.datagrams);
  }

  #closeDescriptor() {
    const { fd } = this.datagrams;
    this.datagrams.close(() => {
      engineClosed(fd);
      this.#descriptorClosed = true;
      this.#closers.resolveAll();
      this.closed(this.#aborted);
    });
  }
}
