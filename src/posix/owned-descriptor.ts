import { SocketClosed, Unexpected } from "../errors/entries.ts";
import { ErrorSet } from "../errors/error-set.ts";
import { unwrap } from "../errors/socket-error.ts";
import type { System } from "../system/system.ts";
import { type Ownership, own, ownPrepared, release, releasePrepared } from "./ownership.ts";

const detachErrors = new ErrorSet("detach", { SocketClosed, Unexpected });

const CLOSED = -1;

/**
 * An owned descriptor: a `Socket`, or any other file received in a message. Ownership ends with
 * `close()`, at the end of a `using` scope, or with `detach()`. If it is garbage-collected while
 * open, it is closed with a warning.
 *
 * Once closed, it never uses its number again, since another file may have it. Descriptors that a
 * worker thread leaves open are closed when the thread ends, however it ends.
 */
export class Descriptor {
  /** The system it belongs to. */
  readonly system: System;
  #fd: number;
  #ownership: Ownership | "prepared" | undefined;

  /** @param prepared whether it is on its way to an engine, in code that loses no descriptor */
  protected constructor(system: System, fd: number, prepared = false) {
    this.system = system;
    this.#fd = fd;
    if (prepared) ownPrepared(system, fd);
    this.#ownership = prepared ? "prepared" : own(system, fd);
  }

  /** Takes ownership of a new descriptor, of any kind of file. @internal */
  static own(system: System, fd: number): Descriptor {
    return new Descriptor(system, fd);
  }

  /** The descriptor; -1 once it is closed or detached. */
  get fd(): number {
    return this.#fd;
  }

  /** Whether it is closed or detached. */
  get closed(): boolean {
    return this.#fd === CLOSED;
  }

  /**
   * Releases the descriptor without closing it: closing it is now up to the caller. This object
   * counts as closed.
   *
   * @throws SocketError named `SocketClosed` if it is already closed
   * @example
   * ```ts
   * import http from "node:http";
   * const listener = socket(AF.INET, SOCK.STREAM);
   * listen(listener, 511);
   * const server = http.createServer().listen({ fd: listener.detach() });
   * server.close();
   * ```
   */
  detach(): number {
    if (this.closed) unwrap(detachErrors.fail(this.system, "SocketClosed"), this.detach);
    const fd = this.#fd;
    this.#fd = CLOSED;
    if (this.#ownership === "prepared") releasePrepared(this.system, fd);
    else if (this.#ownership !== undefined) release(this.#ownership);
    this.#ownership = undefined;
    return fd;
  }

  /** Closes it, at the end of a `using` scope. */
  [Symbol.dispose](): void {
    if (!this.closed) this.system.close(this.detach());
  }
}
