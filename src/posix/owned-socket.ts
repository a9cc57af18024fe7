import { descriptor } from "../errors/argument.ts";
import { ErrorSet } from "../errors/error-set.ts";
import { BadFileDescriptor, FileDescriptorNotASocket, SocketClosed, Unexpected } from "../errors/rows.ts";
import { unwrap } from "../errors/socket-error.ts";
import type { ReadableOption } from "../options/option.ts";
import { SO } from "../options/so.ts";
import { host } from "../system/host.ts";
import type { System } from "../system/system.ts";
import { type Ownership, own, release } from "./ownership.ts";

const fromErrors = new ErrorSet("getsockopt", { BadFileDescriptor, FileDescriptorNotASocket, Unexpected });
const detachErrors = new ErrorSet("detach", { SocketClosed, Unexpected });

const CLOSED = -1;

/**
 * A socket that we own: `socket()`, `accept()` and `Socket.from()` make one. It ends with `close()`, at the end of a
 * `using` scope, or with `detach()`. One that is garbage-collected unclosed is closed, with a warning.
 *
 * Once closed, it never touches its descriptor again, whoever has the number by then.
 */
export class Socket {
  /** The address family: `AF.INET` and so on. */
  readonly domain: number;
  /** The type: `SOCK.STREAM` and so on, without flags. */
  readonly type: number;
  /** The protocol: `IPPROTO.TCP` and so on. */
  readonly protocol: number;
  /** The system that the socket belongs to. */
  readonly system: System;
  #fd: number;
  #ownership: Ownership | undefined;

  private constructor(system: System, fd: number, domain: number, type: number, protocol: number) {
    this.system = system;
    this.domain = domain;
    this.type = type;
    this.protocol = protocol;
    this.#fd = fd;
    this.#ownership = own(system, fd);
  }

  /**
   * Adopts a descriptor, such as one that was inherited: the Socket owns it from now on, and nobody else may close it.
   *
   * @param fd a descriptor that refers to a socket
   * @param options `system`: the system that it belongs to; this machine's by default
   * @throws SocketError named `BadFileDescriptor` or `FileDescriptorNotASocket`, with `fd` left as it is
   */
  static from(fd: number, options: { readonly system?: System } = {}): Socket {
    const { system = host } = options;
    descriptor(fd);
    const domain = ask(system, fd, SO.DOMAIN);
    return new Socket(system, fd, domain, ask(system, fd, SO.TYPE), ask(system, fd, SO.PROTOCOL));
  }

  /** A new descriptor's Socket. @internal */
  static adopt(system: System, fd: number, domain: number, type: number, protocol: number): Socket {
    return new Socket(system, fd, domain, type, protocol);
  }

  /** The descriptor; -1 once it is closed or detached. */
  get fd(): number {
    return this.#fd;
  }

  /** Whether the socket is closed or detached. */
  get closed(): boolean {
    return this.#fd === CLOSED;
  }

  /**
   * Takes the descriptor out and ends our ownership: whoever gets the number closes it. The Socket is closed for us.
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
    if (this.closed) unwrap(detachErrors.refusal(this.system, "SocketClosed"), this.detach);
    const fd = this.#fd;
    this.#fd = CLOSED;
    if (this.#ownership !== undefined) release(this.#ownership);
    this.#ownership = undefined;
    return fd;
  }

  /** Closes the socket, at the end of a `using` scope. */
  [Symbol.dispose](): void {
    if (!this.closed) this.system.close(this.detach());
  }
}

function ask(system: System, fd: number, option: ReadableOption<number>): number {
  const number = option.numberOn(system);
  if (number === undefined) throw new Error(`${system.name} has no ${option.name}`);
  system.option.length = option.read.size;
  const returned = system.getsockopt(fd, number.level, number.number, system.option);
  if (returned < 0) unwrap(fromErrors.failure(system, returned), Socket.from);
  return option.read.decode(system.option, system);
}
