import type { Address } from "../../address/address.ts";
import { checkObject } from "../../errors/argument.ts";
import type { AcceptErrorName } from "../../posix/accept.ts";
import { type AcceptQueue, acceptQueue, effectiveBacklog } from "../../posix/accept-queue.ts";
import { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import { host } from "../../system/host.ts";
import { milliseconds } from "../abort.ts";
import type { ListeningCore } from "./listening-core.ts";
import type { UnixFile } from "./unix-path.ts";

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

/** What a Listener and a Server have in common. */
export abstract class Listening implements AsyncDisposable {
  readonly #core: ListeningCore;

  /** @internal */
  constructor(core: ListeningCore) {
    this.#core = core;
  }

  /** The addresses that it listens on: two for `localhost`, if the machine has both families. */
  get addresses(): readonly Address[] {
    return this.#core.addresses;
  }

  /** The first of them. */
  get address(): Address {
    return this.#core.addresses[0] ?? { family: "unspecified" };
  }

  /** The port of the first address; 0 where that has none, as a unix socket's. */
  get port(): number {
    const { address } = this;
    return "port" in address ? address.port : 0;
  }

  /** The sockets that listen, one for each address, for options. They stay the listener's. */
  get sockets(): readonly BorrowedSocket[] {
    return this.#core.sockets.map((socket) => new BorrowedSocket(host, socket));
  }

  /** The backlog that was asked for, and the one in force. */
  get backlog(): Backlog {
    const [first] = this.sockets;
    const effective = first === undefined ? undefined : effectiveBacklog(first);
    return { requested: this.#core.backlog, effective };
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
    const { acceptedCount, dropped, retried, causes } = this.#core;
    return { accepted: acceptedCount, dropped, retried, causes: { ...causes } };
  }

  /** How many of the connections that were accepted are open. */
  get connections(): number {
    return this.#core.streams.size;
  }

  /** Whether it is closed, by `close()`, its signal or a failure. */
  get closed(): boolean {
    return !this.#core.open;
  }

  /**
   * Accepts no more connections until `resume()`: they wait in the system's queue, or go to another
   * process that accepts from the same socket. None is lost.
   */
  pause(): this {
    for (const socket of this.#core.sockets) socket.pause();
    return this;
  }

  /** Accepts again. */
  resume(): this {
    for (const socket of this.#core.sockets) socket.resume();
    return this;
  }

  /** Holds the process, as it does at first. */
  ref(): this {
    for (const socket of this.#core.sockets) socket.ref();
    return this;
  }

  /** Lets the process end while it listens. */
  unref(): this {
    for (const socket of this.#core.sockets) socket.unref();
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
    await this.#core.close(drain);
  }

  /** @internal */
  get ownsPath(): boolean {
    return this.#core.ownsPath;
  }

  /** @internal */
  get pathFile(): UnixFile | undefined {
    return this.#core.pathFile;
  }

  /** What `close()` is once another process accepts from the same sockets. @internal */
  retire(drain: number | undefined): Promise<void> {
    return this.#core.retire(drain);
  }

  /** `close()`, at the end of an `await using` scope. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
