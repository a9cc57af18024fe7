import type { Socket as NetSocket } from "node:net";
import { lingerAtOnce } from "../../engine/linger-at-once.ts";
import { borrow } from "../../posix/borrow.ts";
import { host } from "../../system/host.ts";

/** What its listener knows of a connection that was detached. */
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
    const fd = descriptorOf(this.#socket);
    if (fd >= 0) lingerAtOnce(host, fd);
    this.#socket.destroy();
  }
}

/** -1 once it is closed, and on Deno, which hides that of a TCP socket: the peer reads an end. */
function descriptorOf(socket: NetSocket): number {
  try {
    return borrow(socket).fd;
  } catch {
    return -1;
  }
}
