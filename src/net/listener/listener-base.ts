import type { Socket as NetSocket } from "node:net";
import type { Address } from "../../address/address.ts";
import type { Engine } from "../../engine/engine.ts";
import { checkObject } from "../../errors/argument.ts";
import type { AcceptError, AcceptErrorName } from "../../posix/accept.ts";
import { type AcceptQueue, acceptQueue, effectiveBacklog } from "../../posix/accept-queue.ts";
import { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import { getsockname } from "../../posix/getsockname.ts";
import { host } from "../../system/host.ts";
import { milliseconds } from "../abort.ts";
import { channels } from "../channels.ts";
import type { ConnectionBase } from "../connection/connection-base.ts";
import { DetachedConnection } from "../connection/detached-connection.ts";
import type { CheckedListenOptions } from "../options/listen-options.ts";
import { AcceptLoop } from "./accept-loop.ts";
import type { ListeningSockets } from "./listening-sockets.ts";
import type { UnixFile, UnixPath } from "./unix-path.ts";

/** What `close()` of a Listener or Server takes. */
export interface CloseOptions {
  /**
   * How many milliseconds the connections that were accepted may take to end; those that have not
   * by then are reset. 0 resets all at once, Infinity waits for ever. Left out, they live on, and
   * are not waited for.
   */
  readonly drain?: number | undefined;
}

/** The backlog of each of the sockets. */
export interface Backlog {
  /** What was asked for; undefined where a socket that listened already has kept its own. */
  readonly requested: number | undefined;
  /** What the system granted; undefined where it does not tell. */
  readonly effective: number | undefined;
}

/** What became of the connections, since the start. */
export interface ListenStatistics {
  /** Connections that were accepted. */
  readonly accepted: number;
  /**
   * Connections that failed before they were accepted, and those that were accepted ahead and reset
   * by `close()`.
   */
  readonly dropped: number;
  /**
   * How often accept(2) was put off, because descriptors or memory had run out. No connection is
   * lost by that.
   */
  readonly retried: number;
  /**
   * How many were dropped or retried by the name of the error; `SocketClosed` for those that
   * `close()` reset.
   */
  readonly causes: Readonly<Partial<Record<AcceptErrorName, number>>>;
}

/** Why no connection comes any more. @internal */
export type StopReason =
  /** `close()`, or `retire()`, after which another process accepts. */
  | { readonly kind: "closed" | "retired" }
  | { readonly kind: "aborted"; readonly error: unknown }
  /** Accepting failed for good. */
  | { readonly kind: "failed"; readonly error: AcceptError };

/** A connection, or the socket that it was detached to. */
interface OpenConnection {
  reset(): void;
}

/** What a Listener and a Server have in common. */
export abstract class Listening implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #addresses: readonly Address[];
  readonly #loops: readonly AcceptLoop[];
  readonly #requestedBacklog: number | undefined;
  readonly #path: UnixPath | undefined;
  readonly #options: CheckedListenOptions;
  readonly #abort = () => {
    const error: unknown = this.#options.signal?.reason;
    this.#stop(error === undefined ? { kind: "closed" } : { kind: "aborted", error });
  };
  /** The connections that it accepted and that are open, those that were detached among them. */
  readonly #connections = new Set<OpenConnection>();
  readonly #causes: Partial<Record<AcceptErrorName, number>> = {};
  #accepted = 0;
  #dropped = 0;
  #retried = 0;
  /** Resolves when no connection comes any more, after `retire()`. */
  #retired: Promise<unknown> | undefined;
  /** Resolves when the sockets are closed. */
  #stopped: Promise<unknown> | undefined;
  /** Called when no connection is open any more. */
  #drained: (() => void)[] = [];

  /** @internal */
  constructor(engine: Engine, opened: ListeningSockets, options: CheckedListenOptions) {
    this.#engine = engine;
    this.#addresses = opened.sockets.map(getsockname);
    this.#loops = opened.sockets.map(
      (socket) => new AcceptLoop(socket.system, engine, socket.detach(), this),
    );
    this.#requestedBacklog = opened.backlog;
    this.#path = opened.path;
    this.#options = options;
    options.signal?.addEventListener("abort", this.#abort);
  }

  /** Makes a connection of a descriptor that was accepted, and keeps it in `hold()`. @internal */
  protected abstract onDescriptor(fd: number): void;
  /** No connection comes any more. @internal */
  protected abstract onStop(reason: StopReason): void;

  /** The addresses that it listens on: two for `localhost`, if the machine has both families. */
  get addresses(): readonly Address[] {
    return this.#addresses;
  }

  /** The first of them. */
  get address(): Address {
    return this.#addresses[0] ?? { family: "unspecified" };
  }

  /** The port of the first address; 0 where that has none, as a unix socket's. */
  get port(): number {
    const { address } = this;
    return "port" in address ? address.port : 0;
  }

  /** The sockets that listen, one for each address, for options. They stay the listener's. */
  get sockets(): readonly BorrowedSocket[] {
    return this.#loops.map((socket) => new BorrowedSocket(host, socket));
  }

  /** The backlog that was asked for, and the one in force. */
  get backlog(): Backlog {
    const [first] = this.sockets;
    const effective = first === undefined ? undefined : effectiveBacklog(first);
    return { requested: this.#requestedBacklog, effective };
  }

  /**
   * What waits in the accept queues, now, and how much may; undefined where the system does not
   * tell, or it is closed.
   */
  get queue(): AcceptQueue | undefined {
    const queues = this.sockets.map(acceptQueue).filter((queue) => queue !== undefined);
    if (queues.length === 0) return undefined;
    const sum = (of: "pending" | "limit") => queues.reduce((total, queue) => total + queue[of], 0);
    return { pending: sum("pending"), limit: sum("limit") };
  }

  /** What became of the connections, since the start. */
  get stats(): ListenStatistics {
    const causes = { ...this.#causes };
    return { accepted: this.#accepted, dropped: this.#dropped, retried: this.#retried, causes };
  }

  /**
   * How many of the connections that were accepted are open, as those are whose `detach()` gave a
   * `net.Socket` that is.
   */
  get connections(): number {
    return this.#connections.size;
  }

  /** Whether it is closed, by `close()`, its signal or a failure. */
  get closed(): boolean {
    return this.#stopped !== undefined;
  }

  /**
   * Accepts no more connections until `resume()`: they wait in the system's queue, or go to another
   * process that accepts from the same socket. None is lost.
   */
  pause(): this {
    for (const loop of this.#loops) loop.pause();
    return this;
  }

  /** Accepts again. */
  resume(): this {
    for (const loop of this.#loops) loop.resume();
    return this;
  }

  /** Holds the process, as it does at first. */
  ref(): this {
    for (const loop of this.#loops) loop.ref();
    return this;
  }

  /** Lets the process end while it listens. */
  unref(): this {
    for (const loop of this.#loops) loop.unref();
    return this;
  }

  /**
   * Listens no more. Connections that wait in the system's queue are reset by the system. May be
   * repeated, to say `drain` later.
   *
   * @returns a promise that resolves when the sockets are closed and, with `drain`, all connections
   * have ended
   */
  async close(options: CloseOptions = {}): Promise<void> {
    checkObject("options", "{ drain? }", options);
    const { drain } = options;
    if (drain !== undefined) milliseconds("drain", drain);
    await this.#close(drain);
  }

  /** `close()`, at the end of an `await using` scope. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Whether a path is removed when this is closed. @internal */
  get ownsPath(): boolean {
    return this.#path?.ours === true;
  }

  /** The file at that path, as it was made. @internal */
  get pathFile(): UnixFile | undefined {
    return this.#path?.file;
  }

  /**
   * `close()` once another process accepts from the same sockets: no connection is dropped that was
   * accepted, and the path stays. Accepting ends first, because an accept operation that close()
   * cuts short would drop the connection it has.
   *
   * @internal
   */
  async retire(drain: number | undefined): Promise<void> {
    this.#retired ??= Promise.all(
      this.#loops.map((loop) => new Promise<void>((resolve) => loop.retire(resolve))),
    );
    await this.#retired;
    this.#stop({ kind: "retired" });
    await this.#close(drain);
  }

  /** @internal */
  onAccepted(fd: number): void {
    this.#accepted += 1;
    this.onDescriptor(fd);
  }

  /** @internal */
  onPutOff(error: AcceptError, milliseconds: number): void {
    this.#retried += 1;
    this.#count(error.name);
    this.#retry(error, milliseconds);
  }

  /** @internal */
  onLost(error: AcceptError): void {
    this.#dropped += 1;
    this.#count(error.name);
    this.#retry(error, 0);
  }

  /** @internal */
  onAcceptFailed(error: AcceptError): void {
    this.#stop({ kind: "failed", error });
  }

  /** @internal */
  onConnectionDetached(connection: ConnectionBase, socket: NetSocket): void {
    this.#connections.delete(connection);
    const detached = new DetachedConnection(socket);
    this.#connections.add(detached);
    socket.once("close", () => this.onConnectionClosed(detached));
  }

  /** @internal */
  onConnectionClosed(connection: OpenConnection): void {
    this.#connections.delete(connection);
    // Its descriptor may be the one that was lacking.
    for (const loop of this.#loops) loop.tryAgain();
    if (this.#connections.size > 0) return;
    for (const done of this.#drained) done();
    this.#drained = [];
  }

  /** @internal */
  protected get engine(): Engine {
    return this.#engine;
  }

  /** Counts a connection as open until it has ended. @internal */
  protected hold(connection: ConnectionBase): void {
    this.#connections.add(connection);
    if (channels.accept.hasSubscribers) channels.accept.publish({ listener: this, connection });
  }

  /** Resets a connection that was accepted, and that nobody will get. @internal */
  protected drop(connection: ConnectionBase): void {
    this.#accepted -= 1;
    this.#dropped += 1;
    this.#count("SocketClosed");
    connection.reset();
  }

  /** @internal */
  protected setDemand(count: number): void {
    for (const loop of this.#loops) loop.setDemand(count);
  }

  /** @internal */
  protected limitDemand(count: number): void {
    for (const loop of this.#loops) loop.limitDemand(count);
  }

  async #close(drain: number | undefined): Promise<void> {
    this.#stop({ kind: "closed" });
    if (drain === 0) this.#resetAll();
    await this.#stopped;
    if (drain === undefined || this.#connections.size === 0) return;
    const ended = new Promise<void>((resolve) => this.#drained.push(resolve));
    const timer =
      drain === Number.POSITIVE_INFINITY ? undefined : host.clock.setTimeout(() => this.#resetAll(), drain);
    await ended;
    host.clock.clearTimeout(timer);
  }

  #stop(reason: StopReason) {
    if (this.#stopped !== undefined) return;
    // The path of sockets that another process has as well is that process's to remove.
    if (reason.kind !== "retired") this.#path?.remove();
    this.#options.signal?.removeEventListener("abort", this.#abort);
    this.#stopped = Promise.all(
      this.#loops.map((loop) => new Promise<void>((resolve) => loop.close(resolve))),
    );
    if (channels.close.hasSubscribers) {
      const error = "error" in reason ? reason.error : null;
      channels.close.publish({ listener: this, error });
    }
    this.onStop(reason);
  }

  #retry(error: AcceptError, delay: number) {
    if (channels.retry.hasSubscribers) channels.retry.publish({ listener: this, error, delay });
    this.#options.onRetry?.(error, delay);
  }

  #resetAll() {
    for (const connection of this.#connections) connection.reset();
  }

  #count(name: AcceptErrorName) {
    this.#causes[name] = (this.#causes[name] ?? 0) + 1;
  }
}
