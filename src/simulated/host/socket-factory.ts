import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import type { KernelSocket } from "./kernel-socket.ts";
import type { ProtocolHandler } from "./protocol-host.ts";

const { AF, IPPROTO, SOCK } = constants;
const { EAFNOSUPPORT, EINVAL, EOPNOTSUPP, EPROTONOSUPPORT, ESOCKTNOSUPPORT } = errnos;

// include/linux/net.h: SOCK_TYPE_MASK, SOCK_MAX; include/linux/socket.h: AF_MAX; in.h: IPPROTO_MAX.
const TYPE_MASK = 0xf;
const TYPE_MAX = 11;
const AF_MAX = 46;
const IPPROTO_MAX = 263;
const { CLOEXEC = 0, NONBLOCK = 0 } = SOCK;

/** Creates sockets: the kernel's net_families and inetsw. */
export class SocketFactory {
  readonly #handlers: ReadonlyMap<number | "unix", ProtocolHandler>;

  constructor(handlers: ReadonlyMap<number | "unix", ProtocolHandler>) {
    this.#handlers = handlers;
  }

  /** A new socket, or a negative errno: __sys_socket(), inet_create(), unix_create(). */
  create(domain: number, type: number, protocol: number): KernelSocket | number {
    const found = this.#find(domain, type, protocol);
    return typeof found === "number" ? found : found.handler.socket(domain, found.type);
  }

  /** Two connected sockets: only unix sockets come in pairs. */
  pair(domain: number, type: number, protocol: number): readonly [KernelSocket, KernelSocket] | number {
    const found = this.#find(domain, type, protocol);
    if (typeof found === "number") return found;
    return found.handler.pair?.(domain, found.type) ?? -EOPNOTSUPP;
  }

  #find(
    domain: number,
    given: number,
    protocol: number,
  ): { handler: ProtocolHandler; type: number } | number {
    if (given & ~TYPE_MASK & ~(CLOEXEC | NONBLOCK)) return -EINVAL;
    const type = given & TYPE_MASK;
    if (domain < 0 || domain >= AF_MAX) return -EAFNOSUPPORT;
    if (type >= TYPE_MAX) return -EINVAL;
    if (domain === AF.UNIX) return this.#findUnix(type, protocol);
    if (domain !== AF.INET && domain !== AF.INET6) return -EAFNOSUPPORT;
    if (protocol < 0 || protocol >= IPPROTO_MAX) return -EINVAL;
    if (type === SOCK.RAW && protocol === 0) return -EPROTONOSUPPORT;
    const known = type === SOCK.STREAM ? IPPROTO.TCP : type === SOCK.DGRAM ? IPPROTO.UDP : undefined;
    if (known === undefined) return -ESOCKTNOSUPPORT;
    if (protocol !== 0 && protocol !== known) return -EPROTONOSUPPORT;
    const handler = this.#handlers.get(known);
    return handler === undefined ? -EPROTONOSUPPORT : { handler, type };
  }

  #findUnix(type: number, protocol: number): { handler: ProtocolHandler; type: number } | number {
    if (protocol !== 0 && protocol !== AF.UNIX) return -EPROTONOSUPPORT;
    const handler = this.#handlers.get("unix");
    if (handler === undefined) return -EAFNOSUPPORT;
    switch (type) {
      case SOCK.STREAM:
      case SOCK.DGRAM:
      case SOCK.SEQPACKET:
        return { handler, type };
      case SOCK.RAW:
        // As BSD does: unix_create().
        return { handler, type: SOCK.DGRAM };
      default:
        return -ESOCKTNOSUPPORT;
    }
  }
}
