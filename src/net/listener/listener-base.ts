import type { Socket as NetSocket } from "node:net";
import type { Address } from "../../address/address.ts";
import type { Engine } from "../../engine/engine.ts";
import type { AcceptError, AcceptErrorName } from "../../posix/accept.ts";
import type { AcceptQueue } from "../../posix/accept-queue.ts";
import { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import { getsockname } from "../../posix/getsockname.ts";
import type { FileNumber } from "../../system/services.ts";
import { channels } from "../channels.ts";
import type { ConnectionBase } from "../connection/connection-base.ts";
import { DetachedConnection } from "../connection/detached-connection.ts";
import type { CheckedListenOptions } from "../options/listen-options.ts";
import { HeaderGate } from "../proxy-protocol/header-gate.ts";
import type { ProxyHeaderError, ProxyHeaderErrorName } from "../proxy-protocol/proxy-header-error.ts";
import type { ProxyInfo } from "../proxy-protocol/proxy-info.ts";
import { AcceptLoop } from "./accept-loop.ts";
import { type Backlog, backlogOf, queueOf } from "./accept-queues.ts";
import { type CloseOptions, checkCloseOptions } from "./close-options.ts";
import type { ListeningSockets } from "./listening-sockets.ts";
import { TransferableListener } from "./transferable-listener.ts";
import type { UnixPath } from "./unix-path.ts";

/** Counts of connections since it started listening. */
export interface ListenStatistics {
  /** Connections that were accepted. */
  readonly accepted: number;
  /**
   * Connections that failed before they were accepted, those accepted ahead that `close()` reset,
   * and those that `proxyProtocol` refused.
   */
  readonly dropped: number;
  /**
   * How often accept(2) was delayed because descriptors or memory had run out. That loses no
   * connection.
   */
  readonly retried: number;
  /**
   * Drops and retries, counted by the name of the error; `SocketClosed` for connections that
   * `close()` reset.
   */
  readonly causes: Readonly<Partial<Record<DropCause, number>>>;
}

/** The reason a connection was dropped, or accepting it was delayed. */
export type DropCause = AcceptErrorName | ProxyHeaderErrorName;

/** Why accepting has ended. @internal */
export type StopReason =
  /** `close()`, or `retire()`, after which another process accepts. */
  | { readonly kind: "closed" | "retired" }
  | { readonly kind: "aborted"; readonly error: unknown }
  /** Accepting failed for good. */
  | { readonly kind: "failed"; readonly error: AcceptError };

/** A connection, or the socket that it became by `detach()`. */
interface OpenConnection {
  reset(): void;
}

/** The base of Listener and Server. */
export abstract class ListenerBase extends TransferableListener implements AsyncDisposable {
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
  /** The open connections that it accepted, including detached ones. */
  readonly #connections = new Set<OpenConnection>();
  readonly #causes: Partial<Record<DropCause, number>> = {};
  /** Reads PROXY headers. */
  readonly #gate: HeaderGate | undefined;
  #accepted = 0;
  #dropped = 0;
  #retried = 0;
  /** Resolves when accepting has ended, after `retire()`. */
  #retired: Promise<unknown> | undefined;
  /** Resolves when the sockets are closed. */
  #stopped: Promise<unknown> | undefined;
  /** Called when no connection is open any more. */
  #drained: (() => void)[] = [];

  /** @internal */
  constructor(engine: Engine, opened: ListeningSockets, options: CheckedListenOptions) {
    super();
    this.#engine = engine;
    this.#addresses = opened.sockets.map(getsockname);
    this.#loops = opened.sockets.map((socket) => new AcceptLoop(engine, socket.detach(), this));
    this.#requestedBacklog = opened.backlog;
    this.#path = opened.path;
    this.#options = options;
    const { proxyProtocol } = options;
    this.#gate = proxyProtocol && new HeaderGate(engine, proxyProtocol, this);
    options.signal?.addEventListener("abort", this.#abort);
  }

  /** Makes a connection from an accepted descriptor, and keeps it in `hold()`. @internal */
  protected abstract onDescriptor(fd: number, info: ProxyInfo | undefined): void;
  /** An accepted connection was refused by the gate, or waits there. @internal */
  protected abstract replaceDemand(): void;
  /** Accepting has ended. @internal */
  protected abstract onStop(reason: StopReason): void;

  /** The addresses it listens on: two for `localhost`, if the host has both families. */
  get addresses(): readonly Address[] {
    return this.#addresses;
  }

  /** The first address. */
  get address(): Address {
    return this.#addresses[0] ?? { family: "unspecified" };
  }

  /** The port of the first address; 0 if it has none, such as that of a unix socket. */
  get port(): number {
    const { address } = this;
    return "port" in address ? address.port : 0;
  }

  /** The listening sockets, one for each address, for options. The listener still owns them. */
  override get sockets(): readonly BorrowedSocket[] {
    return this.#loops.map((socket) => new BorrowedSocket(this.#engine.system, socket));
  }

  /** The requested backlog, and the one in effect. */
  get backlog(): Backlog {
    return backlogOf(this.sockets, this.#requestedBacklog);
  }

  /**
   * How many connections are in the accept queues now, and how many fit; undefined if the system
   * does not say, or the listener is closed.
   */
  get queue(): AcceptQueue | undefined {
    return queueOf(this.sockets);
  }

  /** Counts of connections since it started listening. */
  get stats(): ListenStatistics {
    const causes = { ...this.#causes };
    return { accepted: this.#accepted, dropped: this.#dropped, retried: this.#retried, causes };
  }

  /**
   * How many accepted connections are open, including those that `detach()` turned into a
   * `net.Socket`.
   */
  get connections(): number {
    return this.#connections.size;
  }

  /** Whether it is closed, by `close()`, its signal or a failure. */
  override get closed(): boolean {
    return this.#stopped !== undefined;
  }

  /**
   * Stops accepting until `resume()`: connections wait in the system's queue, or go to another
   * process that accepts from the same socket. None is lost.
   */
  pause(): this {
    for (const loop of this.#loops) loop.pause();
    return this;
  }

  /** Starts accepting again. */
  resume(): this {
    for (const loop of this.#loops) loop.resume();
    return this;
  }

  /** Keeps the process running while it listens, as it does by default. */
  ref(): this {
    for (const loop of this.#loops) loop.ref();
    return this;
  }

  /** Lets the process exit while it listens. */
  unref(): this {
    for (const loop of this.#loops) loop.unref();
    return this;
  }

  /**
   * Stops listening. The system resets connections that wait in its queue. May be called again, to
   * add `drain` later.
   *
   * @returns a promise that resolves when the sockets are closed and, with `drain`, all connections
   * have ended
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const drain = checkCloseOptions(options);
    await this.#close(drain);
  }

  /** `close()`, at the end of an `await using` scope. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Whether close() removes the path. @internal */
  override get ownsPath(): boolean {
    return this.#path?.ours === true;
  }

  /** The file at that path when it was created. @internal */
  override get pathFile(): FileNumber | undefined {
    return this.#path?.file;
  }

  /**
   * `close()` while another process accepts from the same sockets: no accepted connection is
   * dropped, and the path stays. Stops accepting first, because an accept operation that close()
   * cancels would drop its connection.
   *
   * @internal
   */
  override async retire(drain: number | undefined): Promise<void> {
    this.#retired ??= Promise.all(
      this.#loops.map((loop) => new Promise<void>((resolve) => loop.retire(resolve))),
    );
    await this.#retired;
    const { clock } = this.#engine.system;
    const isLate =
      drain === undefined || drain === Number.POSITIVE_INFINITY
        ? undefined
        : clock.setTimeout(() => this.#gate?.close(), drain);
    await this.#gate?.untilEmpty();
    clock.clearTimeout(isLate);
    this.#stop({ kind: "retired" });
    await this.#close(drain);
  }

  /** @internal */
  onAccepted(fd: number): void {
    this.#accepted += 1;
    if (this.#gate === undefined) this.onDescriptor(fd, undefined);
    else this.#gate.admit(fd);
  }

  /** @internal */
  onAdmitted(fd: number, info: ProxyInfo | undefined): void {
    this.onDescriptor(fd, info);
  }

  /** @internal */
  onRefused(error: ProxyHeaderError): void {
    this.#uncount(error.name);
    if (channels.refuse.hasSubscribers) channels.refuse.publish({ listener: this, error });
    if (!this.closed) this.replaceDemand();
  }

  /** @internal */
  onHeaderAwaited(): void {
    if (this.closed) this.#gate?.close();
    else this.replaceDemand();
  }

  /** @internal */
  onHeaderAbandoned(): void {
    this.#uncount("SocketClosed");
  }

  /** @internal */
  onBackOff(error: AcceptError, milliseconds: number): void {
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
  onConnectionDetached(connection: OpenConnection, socket: NetSocket): void {
    this.#connections.delete(connection);
    const detached = new DetachedConnection(socket);
    this.#connections.add(detached);
    socket.once("close", () => this.onConnectionClosed(detached));
  }

  /** @internal */
  onConnectionClosed(connection: OpenConnection): void {
    this.#connections.delete(connection);
    // Its descriptor may be the one we ran out of.
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

  /** Resets an accepted connection that will not be delivered. @internal */
  protected drop(connection: ConnectionBase): void {
    this.#uncount("SocketClosed");
    connection.reset();
  }

  /** How many connections have not sent their PROXY header. @internal */
  protected get awaitedHeaders(): number {
    return this.#gate?.size ?? 0;
  }

  /** An accepted connection is dropped. */
  #uncount(cause: DropCause) {
    this.#accepted -= 1;
    this.#dropped += 1;
    this.#count(cause);
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
    const { clock } = this.#engine.system;
    const timer =
      drain === Number.POSITIVE_INFINITY ? undefined : clock.setTimeout(() => this.#resetAll(), drain);
    await ended;
    clock.clearTimeout(timer);
  }

  #stop(reason: StopReason) {
    if (this.#stopped !== undefined) return;
    // If another process shares the sockets, it removes their path.
    if (reason.kind !== "retired") this.#path?.remove();
    this.#options.signal?.removeEventListener("abort", this.#abort);
    this.#stopped = Promise.all(
      this.#loops.map((loop) => new Promise<void>((resolve) => loop.close(resolve))),
    );
    this.#gate?.close();
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

  #count(name: DropCause) {
    this.#causes[name] = (this.#causes[name] ?? 0) + 1;
  }
}
