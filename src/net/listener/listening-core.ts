import type { Address } from "../../address/address.ts";
import type { Engine } from "../../engine/engine.ts";
import { type AcceptError, type AcceptErrorName, acceptErrors } from "../../posix/accept.ts";
import { getsockname } from "../../posix/getsockname.ts";
import type { Socket } from "../../posix/owned-socket.ts";
import { host } from "../../system/host.ts";
import type { ConnectionBase, ConnectionOwner } from "../connection/connection-base.ts";
import type { CheckedListenOptions } from "../options/listen-options.ts";
import { type AcceptingOwner, AcceptLoop } from "./accept-loop.ts";
import type { ListeningSockets } from "./listening-sockets.ts";
import type { UnixFile, UnixPath } from "./unix-path.ts";

/** Who makes something of the connections. */
export interface Taker {
  /** A connection was accepted. */
  taken(fd: number): void;
  /** No connection comes any more. The reason is undefined where it is `close()`. */
  over(reason: unknown): void;
  /**
   * No connection comes any more, since another process accepts them: those that have come are
   * kept.
   */
  left(): void;
  /** The same because accept(2) failed; `over()` was called first. */
  failed(error: AcceptError): void;
}

/**
 * Sockets that listen, and the connections of theirs that are open: what a Listener and a Server
 * have in common.
 */
export class ListeningCore implements AcceptingOwner, ConnectionOwner {
  readonly engine: Engine;
  readonly addresses: readonly Address[];
  readonly sockets: readonly AcceptLoop[];
  readonly backlog: number | undefined;
  readonly streams = new Set<ConnectionBase>();
  readonly causes: Partial<Record<AcceptErrorName, number>> = {};
  acceptedCount = 0;
  dropped = 0;
  retried = 0;
  readonly #taker: Taker;
  readonly #path: UnixPath | undefined;
  readonly #options: CheckedListenOptions;
  readonly #abort = () => this.#stop(this.#options.signal?.reason);
  #stopped: Promise<unknown> | undefined;
  #leaving: Promise<unknown> | undefined;
  #drained: (() => void)[] = [];

  constructor(engine: Engine, opened: ListeningSockets, options: CheckedListenOptions, taker: Taker) {
    this.engine = engine;
    this.addresses = opened.sockets.map(getsockname);
    this.sockets = opened.sockets.map((socket) => this.#accepting(socket));
    this.backlog = opened.backlog;
    this.#path = opened.path;
    this.#options = options;
    this.#taker = taker;
    options.signal?.addEventListener("abort", this.#abort);
  }

  get open(): boolean {
    return this.#stopped === undefined;
  }

  accepted(fd: number): void {
    this.acceptedCount += 1;
    this.#taker.taken(fd);
  }

  putOff(error: AcceptError, milliseconds: number): void {
    this.retried += 1;
    this.#count(error.name);
    this.#options.onRetry?.(error, milliseconds);
  }

  lost(error: AcceptError): void {
    this.dropped += 1;
    this.#count(error.name);
    this.#options.onRetry?.(error, 0);
  }

  failed(error: AcceptError): void {
    this.#stop(error);
    this.#taker.failed(error);
  }

  /** Holds it until it has ended. */
  hold(stream: ConnectionBase): void {
    this.streams.add(stream);
  }

  onConnectionClosed(stream: ConnectionBase): void {
    this.streams.delete(stream);
    // Its descriptor may be the one that was lacking.
    for (const socket of this.sockets) socket.tryAgain();
    if (this.streams.size > 0) return;
    for (const done of this.#drained) done();
    this.#drained = [];
  }

  /** Resets a connection that was accepted, and that nobody will get. */
  drop(stream: ConnectionBase): void {
    this.acceptedCount -= 1;
    this.dropped += 1;
    this.#count("SocketClosed");
    stream.reset();
  }

  setDemand(count: number): void {
    for (const socket of this.sockets) socket.setDemand(count);
  }

  limitDemand(count: number): void {
    for (const socket of this.sockets) socket.limitDemand(count);
  }

  /** Whether a path is removed when this is closed. */
  get ownsPath(): boolean {
    return this.#path?.ours === true;
  }

  /** The file at that path, as it was made. */
  get pathFile(): UnixFile | undefined {
    return this.#path?.file;
  }

  /**
   * As `close()`, where another process has the sockets too, and accepts: no connection is dropped
   * that was accepted, and the path stays. Accepting ends first: an operation of accepting that is
   * cut short by close() would drop what it has.
   */
  async retire(drain: number | undefined): Promise<void> {
    this.#leaving ??= Promise.all(
      this.sockets.map((socket) => new Promise<void>((resolve) => socket.retire(resolve))),
    );
    await this.#leaving;
    this.#end(() => this.#taker.left());
    await this.close(drain);
  }

  /**
   * Resolves when the sockets are closed, and all connections have ended; the latter only with a
   * `drain`.
   */
  async close(drain: number | undefined): Promise<void> {
    this.#stop(undefined);
    if (drain === 0) this.#resetAll();
    await this.#stopped;
    if (drain === undefined || this.streams.size === 0) return;
    const ended = new Promise<void>((resolve) => this.#drained.push(resolve));
    const timer =
      drain === Number.POSITIVE_INFINITY ? undefined : host.clock.setTimeout(() => this.#resetAll(), drain);
    await ended;
    host.clock.clearTimeout(timer);
  }

  #stop(reason: unknown) {
    if (this.#stopped === undefined) this.#path?.remove();
    this.#end(() => this.#taker.over(reason));
  }

  #end(tell: () => void) {
    if (this.#stopped !== undefined) return;
    this.#options.signal?.removeEventListener("abort", this.#abort);
    const closed = this.sockets.map((socket) => new Promise<void>((resolve) => socket.close(resolve)));
    this.#stopped = Promise.all(closed);
    tell();
  }

  #resetAll() {
    for (const stream of this.streams) stream.reset();
  }

  #count(name: AcceptErrorName) {
    this.causes[name] = (this.causes[name] ?? 0) + 1;
  }

  #accepting(socket: Socket): AcceptLoop {
    return new AcceptLoop(socket.system, this.engine, socket.detach(), this);
  }
}

/** Accepting from a listener that we have closed. */
export const acceptingClosed = (): AcceptError => acceptErrors.fail(host, "SocketClosed").error;
