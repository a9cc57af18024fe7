import type { System } from "../system/system.ts";

/**
 * A socket owned by something else, such as a connection. You can get and set its options and read
 * its addresses, but `close()` rejects it. After its owner closes it, calls fail with
 * `SocketClosed`.
 */
export class BorrowedSocket {
  /** The system it belongs to. */
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
