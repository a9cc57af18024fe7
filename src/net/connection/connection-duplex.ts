import type { Duplex as NodeDuplex } from "node:stream";
import type { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import type { DuplexAddress } from "../node-address.ts";
import type { Connection } from "./connection.ts";
import { PlainDuplex } from "./plain-duplex.ts";

/** Options of `toDuplex()`. */
export interface DuplexOptions {
  /**
   * Whether this side stays open once the peer has ended. False by default, as with `net.Socket`:
   * it is ended, too.
   */
  readonly allowHalfOpen?: boolean | undefined;
}

/**
 * A connection as a Duplex of node:stream, with the members of a net.Socket that libraries use: the
 * idle timeout, options, and addresses as Node writes them. Its events come in the same order as a
 * net.Socket's, and `destroy()` does what `net.Socket`'s does: it sends what the system takes
 * immediately, then the end.
 *
 * On Node and Deno it is a Socket of `berkeley/net`: `instanceof net.Socket` holds, and it has all
 * other members too.
 */
export interface ConnectionDuplex extends NodeDuplex {
  /** Always false: it is connected from the start. */
  readonly connecting: boolean;
  /** Always false, like `connecting`. */
  readonly pending: boolean;
  /** The state, in `net.Socket`'s words. */
  readonly readyState: "opening" | "open" | "readOnly" | "writeOnly" | "closed";
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly remoteFamily?: string | undefined;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly localFamily?: string | undefined;
  /** The milliseconds last passed to `setTimeout()`. */
  readonly timeout?: number | undefined;
  /** Its socket, for options. */
  readonly socket: BorrowedSocket;
  /** The local address, as `net.Socket` returns it. */
  address(): DuplexAddress;
  /**
   * Emits `timeout` once nothing has been received or written for so many milliseconds; 0 turns it
   * off.
   */
  setTimeout(timeout: number, listener?: () => void): this;
  /** Sets TCP.NODELAY; as with `net.Socket`, a failure is ignored. */
  setNoDelay(on?: boolean): this;
  /** Sets SO.KEEPALIVE and TCP.KEEPIDLE; milliseconds are rounded down to seconds. */
  setKeepAlive(on?: boolean, initialDelay?: number): this;
  /** Keeps the process running while it is open, as it does by default. */
  ref(): this;
  /** Lets the process exit while it is open. */
  unref(): this;
  /** Ends it, and destroys it once everything written is sent. */
  destroySoon(): void;
  /** Sends a reset, and destroys it. */
  resetAndDestroy(): this;
}

/** Makes the Duplex of a connection that nothing else reads. */
type MakeDuplex = (connection: Connection, options: Required<DuplexOptions>) => ConnectionDuplex;

let make: MakeDuplex = (connection, options) => new PlainDuplex(connection, options);

/** Replaces PlainDuplex by another, for the process. */
export function installDuplex(other: MakeDuplex): void {
  make = other;
}

/** Returns what `toDuplex()` returns. */
export const duplexOf: MakeDuplex = (connection, options) => make(connection, options);
