import { checkObject, descriptor, invalidState } from "../errors/argument.ts";
import { BadFileDescriptor, FileDescriptorNotASocket, Unexpected } from "../errors/entries.ts";
import { ErrorSet } from "../errors/error-set.ts";
import { unwrap } from "../errors/socket-error.ts";
import type { ReadableOption } from "../options/option.ts";
import { readOption } from "../options/read-option.ts";
import { SO } from "../options/so.ts";
import { host } from "../system/host.ts";
import type { System } from "../system/system.ts";
import { checkNetPermission } from "./net-permission.ts";
import { Descriptor } from "./owned-descriptor.ts";
import { isInEngine, isOwned } from "./ownership.ts";

const fromErrors = new ErrorSet("getsockopt", { BadFileDescriptor, FileDescriptorNotASocket, Unexpected });

/**
 * A socket that we own: `socket()`, `accept()` and `Socket.from()` make one. It ends with
 * `close()`, at the end of a `using` scope, or with `detach()`. One that is garbage-collected
 * unclosed is closed, with a warning.
 *
 * Once closed, it never touches its descriptor again, whoever has the number by then. What a worker
 * thread has left open is closed when the thread ends, by whatever means.
 */
export class Socket extends Descriptor {
  /** The address family: `AF.INET` and so on. */
  readonly domain: number;
  /** The type: `SOCK.STREAM` and so on, without flags. */
  readonly type: number;
  /** The protocol: `IPPROTO.TCP` and so on. */
  readonly protocol: number;

  private constructor(system: System, fd: number, domain: number, type: number, protocol: number) {
    super(system, fd);
    this.domain = domain;
    this.type = type;
    this.protocol = protocol;
  }

  /**
   * Adopts a descriptor, such as one that was inherited: the Socket owns it from now on, and nobody
   * else may close it.
   *
   * @param fd a descriptor that refers to a socket
   * @param options `system`: the system that it belongs to; this machine's by default
   * @throws TypeError or RangeError if an argument is not of its type or range
   * @throws SocketError named `BadFileDescriptor` or `FileDescriptorNotASocket`, with `fd` left as
   * it is
   * @throws Error with code ERR_INVALID_STATE if another Socket, a listener, a connection or a
   * datagram socket of this thread owns it
   */
  static from(fd: number, options: { readonly system?: System } = {}): Socket {
    checkObject("options", "{ system? }", options);
    const { system = host } = options;
    descriptor(fd);
    checkNetPermission();
    const domain = ask(system, fd, SO.DOMAIN);
    if (isOwned(system, fd))
      throw invalidState(`descriptor ${fd} belongs to another Socket: detach() it there first`);
    if (system === host && isInEngine(fd))
      throw invalidState(`descriptor ${fd} belongs to an open listener, connection or datagram socket`);
    return new Socket(system, fd, domain, ask(system, fd, SO.TYPE), ask(system, fd, SO.PROTOCOL));
  }

  /** A new descriptor's Socket. @internal */
  static adopt(system: System, fd: number, domain: number, type: number, protocol: number): Socket {
    return new Socket(system, fd, domain, type, protocol);
  }

  /** A new descriptor's Socket; undefined where it does not refer to a socket. @internal */
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
