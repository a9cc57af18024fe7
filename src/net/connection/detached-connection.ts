import type { Socket as NetSocket } from "node:net";
import { lingerAtOnce } from "../../engine/linger-at-once.ts";
import { type Borrowed, borrow } from "../../posix/borrow.ts";

/** A detached connection, as its listener sees it. */
export class DetachedConnection {
  readonly #socket: NetSocket;

  constructor(socket: NetSocket) {
    this.#socket = socket;
  }

  /**
   * Closes it at once, as `reset()` of a connection: `resetAndDestroy()` waits for what was
   * written, and takes no unix socket.
   */
  reset(): void {
    const borrowed = borrowedFrom(this.#socket);
    if (borrowed !== undefined && borrowed.fd >= 0) lingerAtOnce(borrowed.system, borrowed.fd);
    this.#socket.destroy();
  }
}

/**
 * Undefined once it is closed, and on Deno, which hides that of a TCP socket: the peer reads an
 * end.
 */
function borrowedFrom(socket: NetSocket): Borrowed | undefined {
  try {
    // On Deno, reading the descriptor throws.
    const { system, fd } = borrow(socket);
    return { system, fd };
  } catch {
    return undefined;
  }
}
