import type { System } from "../system/system.ts";

/**
 * A socket that somebody else owns, such as that of a connection: its options can be set and read,
 * and its addresses asked for. Once its owner has closed it, calls fail with `SocketClosed`.
 * `close()` does not take it.
 */
export class BorrowedSocket {
  /** The system that it belongs to. */
  readonly system: System;
  readonly #owner: { readonly fd: number };

  /** @internal */
  constructor(system: System, owner: { readonly fd: number }) {
    this.system = system;
    this.#owner = owner;
  }

  /** The descriptor; -1 once it is closed. */
  get fd(): number {
    return this.#owner.fd;
  }

  /** Whether it is closed. */
  get closed(): boolean {
    return this.fd < 0;
  }
}
