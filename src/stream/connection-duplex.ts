import { Duplex } from "node:stream";
import type { Address } from "../address/address.ts";
import { isError } from "../errors/is-error.ts";
import { SO } from "../options/so.ts";
import { TCP } from "../options/tcp.ts";
import { BorrowedSocket } from "../posix/borrowed-socket.ts";
import { trySetsockopt } from "../posix/setsockopt.ts";
import { host } from "../system/host.ts";
import { lengthOf } from "../system/view.ts";
import { connectionError } from "./connection-error.ts";
import type { Consumer, PulledStream } from "./pulled-stream.ts";

/** How many bytes a write may leave with the engine before its callback waits. */
const MARK = 65_536;

type Callback = (error?: Error | null) => void;

/** What a net.Socket's `address()` gives. */
export interface DuplexAddress {
  readonly address?: string;
  readonly family?: string;
  readonly port?: number;
}

/**
 * A connection as a Duplex of node:stream, with what libraries use of a net.Socket: the time-out of an idle connection, options,
 * and addresses in Node's spelling.
 */
export class ConnectionDuplex extends Duplex {
  readonly #pulled: PulledStream;
  /** Called once the system has taken what was written. */
  #written: Callback | undefined;
  #idle: NodeJS.Timeout | undefined;
  #bytesRead = 0;
  #bytesWritten = 0;
  /** What `setTimeout()` was given last. */
  timeout: number | undefined;

  /** @internal */
  constructor(pulled: PulledStream) {
    super({ allowHalfOpen: true });
    this.#pulled = pulled;
    const consumer: Consumer = {
      data: (bytes) => this.#received(new Uint8Array(bytes)),
      end: () => this.push(null),
      failed: (errno) => this.destroy(connectionError(errno)),
      drained: () => this.#drained(),
      closed: (error) => this.destroy(isError(error) ? error : undefined),
    };
    const { unread, ended } = pulled.handOver(consumer);
    if (unread !== undefined) this.#received(unread);
    if (ended) this.push(null);
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  get remoteAddress(): string | undefined {
    return nodeAddress(this.#pulled.remoteAddress).address;
  }

  get remotePort(): number | undefined {
    return nodeAddress(this.#pulled.remoteAddress).port;
  }

  get remoteFamily(): string | undefined {
    return nodeAddress(this.#pulled.remoteAddress).family;
  }

  get localAddress(): string | undefined {
    return nodeAddress(this.#pulled.localAddress).address;
  }

  get localPort(): number | undefined {
    return nodeAddress(this.#pulled.localAddress).port;
  }

  get localFamily(): string | undefined {
    return nodeAddress(this.#pulled.localAddress).family;
  }

  /** The local address, as `net.Socket`'s. */
  address(): DuplexAddress {
    return nodeAddress(this.#pulled.localAddress);
  }

  /** Its socket, for options. */
  get socket(): BorrowedSocket {
    return new BorrowedSocket(host, this.#pulled);
  }

  /** Emits `timeout` once nothing has been received or written for so many milliseconds; 0 takes that back. */
  setTimeout(timeout: number, listener?: () => void): this {
    clearTimeout(this.#idle);
    this.timeout = timeout;
    this.#idle = undefined;
    if (timeout > 0) {
      this.#idle = setTimeout(() => this.emit("timeout"), timeout).unref();
      if (listener !== undefined) this.once("timeout", listener);
    } else if (listener !== undefined) {
      this.removeListener("timeout", listener);
    }
    return this;
  }

  /** TCP.NODELAY; as with `net.Socket`, where it cannot be set it is not. */
  setNoDelay(on = true): this {
    trySetsockopt(this.socket, TCP.NODELAY, on);
    return this;
  }

  /** SO.KEEPALIVE and TCP.KEEPIDLE, whose milliseconds are rounded down to seconds. */
  setKeepAlive(on = false, initialDelay = 0): this {
    trySetsockopt(this.socket, SO.KEEPALIVE, on);
    const seconds = Math.floor(initialDelay / 1000);
    if (on && seconds > 0) trySetsockopt(this.socket, TCP.KEEPIDLE, seconds);
    return this;
  }

  /** Holds the process, as it does at first. */
  ref(): this {
    this.#pulled.ref();
    return this;
  }

  /** Lets the process end while this is open. */
  unref(): this {
    this.#pulled.unref();
    return this;
  }

  /** Ends, and is destroyed once what was written is sent. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  /** Sends a reset, and is destroyed. */
  resetAndDestroy(): this {
    this.#pulled.reset();
    return this.destroy();
  }

  /** @internal */
  override _read(): void {
    this.#pulled.resume();
  }

  /** @internal */
  override _write(bytes: Buffer, _encoding: BufferEncoding, done: Callback): void {
    this.#idle?.refresh();
    if (!this.#pulled.open) {
      done(this.#failure());
      return;
    }
    this.#bytesWritten += lengthOf(bytes);
    this.#pulled.send(bytes);
    if (this.#pulled.pendingBytes <= MARK) done();
    else this.#written = done;
  }

  /** @internal */
  override _writev(chunks: { readonly chunk: Buffer }[], done: Callback): void {
    this._write(joined(chunks.map(({ chunk }) => chunk)), "utf8", done);
  }

  /** @internal */
  override _final(done: Callback): void {
    this.#pulled.finish((error) => done(isError(error) ? error : null));
  }

  /** @internal */
  override _destroy(error: Error | null, done: Callback): void {
    clearTimeout(this.#idle);
    const written = this.#written;
    this.#written = undefined;
    // Whoever destroys it does not wait for a peer to read.
    if (this.#pulled.pendingBytes > 0) this.#pulled.reset(error);
    else this.#pulled.close();
    this.#pulled.untilClosed().then(() => {
      done(error);
      written?.(error ?? this.#failure());
    });
  }

  #received(bytes: Uint8Array) {
    this.#idle?.refresh();
    this.#bytesRead += bytes.byteLength;
    if (!this.push(bytes)) this.#pulled.pause();
  }

  #drained() {
    this.#idle?.refresh();
    const done = this.#written;
    this.#written = undefined;
    done?.();
  }

  #failure(): Error {
    return isError(this.#pulled.error) ? this.#pulled.error : new Error("the connection is closed");
  }
}

/** As Buffer.concat(), which goes by the lengths that Buffers say they have. */
function joined(chunks: readonly Uint8Array[]): Buffer {
  const whole = Buffer.allocUnsafe(chunks.reduce((sum, chunk) => sum + lengthOf(chunk), 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += lengthOf(chunk);
  }
  return whole;
}

function nodeAddress(address: Address): DuplexAddress {
  if (address.family === "ipv4") return { address: address.address, family: "IPv4", port: address.port };
  if (address.family === "ipv6") return { address: address.address, family: "IPv6", port: address.port };
  return {};
}
