import { SocketClosed, Unexpected } from "../errors/entries.ts";
import { ErrorSet } from "../errors/error-set.ts";
import { unwrap } from "../errors/socket-error.ts";
import type { System } from "../system/system.ts";
import { type Ownership, own, release } from "./ownership.ts";

const detachErrors = new ErrorSet("detach", { SocketClosed, Unexpected });

const CLOSED = -1;

/**
 * A descriptor that we own: a `Socket`, or what else was received in a message. It ends with
 * `close()`, at the end of a `using` scope, or with `detach()`. One that is garbage-collected
 * unclosed is closed, with a warning.
 *
 * Once closed, it never touches its number again, whoever has it by then. What a worker thread has
 * left open is closed when the thread ends, by whatever means.
 */
export class Descriptor {
  /** The system that it belongs to. */
  readonly system: System;
  #fd: number;
  #ownership: Ownership | undefined;

  protected constructor(system: System, fd: number) {
    this.system = system;
    this.#fd = fd;
    this.#ownership = own(system, fd);
  }

  /** A new descriptor, of a file that need not be a socket. @internal */
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
   * Takes the descriptor out and ends our ownership: whoever gets the number closes it. The object
   * is closed for us.
   *
   * @throws SocketError named `SocketClosed` if it is closed already
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
    if (this.#ownership !== undefined) release(this.#ownership);
    this.#ownership = undefined;
    return fd;
  }

  /** Closes it, at the end of a `using` scope. */
  [Symbol.dispose](): void {
    if (!this.closed) this.system.close(this.detach());
  }
}
