import { checkObject, descriptor, invalidState } from "../errors/argument.ts";
import { BadFileDescriptor, FileDescriptorNotASocket, Unexpected } from "../errors/entries.ts";
import { ErrorSet } from "../errors/error-set.ts";
import { unwrap } from "../errors/socket-error.ts";
import type { ReadableOption } from "../options/option.ts";
import { readOption } from "../options/read-option.ts";
import { SO } from "../options/so.ts";
import { currentSystem } from "../system/current.ts";
import type { System } from "../system/system.ts";
import { checkNetPermission } from "./net-permission.ts";
import { Descriptor } from "./owned-descriptor.ts";
import { isInEngine, isOwned } from "./ownership.ts";

const fromErrors = new ErrorSet("getsockopt", { BadFileDescriptor, FileDescriptorNotASocket, Unexpected });

/**
 * An owned socket, created by `socket()`, `accept()` or `Socket.from()`. Ownership ends with
 * `close()`, at the end of a `using` scope, or with `detach()`. If it is garbage-collected while
 * open, it is closed with a warning.
 *
 * Once closed, it never uses its descriptor number again, since another file may have it. Sockets
 * that a worker thread leaves open are closed when the thread ends, however it ends.
 */
export class Socket extends Descriptor {
  /** The address family: `AF.INET` and so on. */
  readonly domain: number;
  /** The type: `SOCK.STREAM` and so on, without flags. */
  readonly type: number;
  /** The protocol: `IPPROTO.TCP` and so on. */
  readonly protocol: number;

  private constructor(
    system: System,
    fd: number,
    domain: number,
    type: number,
    protocol: number,
    prepared = false,
  ) {
    super(system, fd, prepared);
    this.domain = domain;
    this.type = type;
    this.protocol = protocol;
  }

  /**
   * Adopts a descriptor, such as an inherited one. The Socket owns it from now on; nothing else may
   * close it.
   *
   * @param fd a descriptor that refers to a socket
   * @param options `system`: the system it belongs to; by default this machine's, or that of the
   * simulated host that the code runs on
   * @throws TypeError or RangeError if an argument is not of its type or range
   * @throws SocketError named `BadFileDescriptor` or `FileDescriptorNotASocket`, leaving `fd` open
   * @throws Error with code ERR_INVALID_STATE if another Socket, a listener, a connection or a
   * datagram socket of this thread owns it
   */
  static from(fd: number, options: { readonly system?: System } = {}): Socket {
    checkObject("options", "{ system? }", options);
    const { system = currentSystem() } = options;
    descriptor(fd);
    checkNetPermission();
    const domain = ask(system, fd, SO.DOMAIN);
    if (isOwned(system, fd))
      throw invalidState(`descriptor ${fd} belongs to another Socket: detach() that one first`);
    if (isInEngine(system, fd))
      throw invalidState(`descriptor ${fd} belongs to an open listener, connection or datagram socket`);
    return new Socket(system, fd, domain, ask(system, fd, SO.TYPE), ask(system, fd, SO.PROTOCOL));
  }

  /** Wraps a new descriptor in a Socket. @internal */
  static adopt(system: System, fd: number, domain: number, type: number, protocol: number): Socket {
    return new Socket(system, fd, domain, type, protocol);
  }

  /**
   * Wraps a new descriptor on its way to an engine. Nothing asks for its protocol. @internal
   */
  static prepare(system: System, fd: number, domain: number, type: number): Socket {
    return new Socket(system, fd, domain, type, 0, true);
  }

  /** Wraps a new descriptor in a Socket; undefined if it does not refer to a socket. @internal */
  static ownIfSocket(system: System, fd: number): Socket | undefined {
    const domain = readOption(system, fd, SO.DOMAIN);
    if (domain === undefined) return undefined;
    const [type, protocol] = [readOption(system, fd, SO.TYPE), readOption(system, fd, SO.PROTOCOL)];
    return new Socket(system, fd, domain, type ?? system.constants.SOCK.STREAM, protocol ?? 0);
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
