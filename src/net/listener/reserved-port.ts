import type { Address } from "../../address/address.ts";
import { invalidStateForGood } from "../../errors/argument.ts";
import { ErrorSet } from "../../errors/error-set.ts";
import { unwrap } from "../../errors/socket-error.ts";
import { tryClose } from "../../posix/close.ts";
import { endpointOf } from "../../posix/endpoint.ts";
import { getsockname } from "../../posix/getsockname.ts";
import type { Socket } from "../../posix/owned-socket.ts";
import type { SocketHolder } from "../options/listen-options.ts";

const detachErrors = new ErrorSet("detach", {
  OperationNotSupported: {
    codes: ["EOPNOTSUPP"],
    message: "Node on Windows cannot listen on a socket by its number.",
    advice:
      "Give the port to listen({ socket: reserved }), and its connections to the server: " +
      'server.emit("connection", connection.toDuplex()).',
  },
});

/**
 * A port reserved for a future server: `reservePort()` returns one. The reservation ends when its
 * sockets are passed on, with `detach()`, or at the end of a `using` scope.
 */
export class ReservedPort implements SocketHolder {
  /**
   * The sockets that hold it: two for `localhost` if the host has both families, otherwise one.
   * They already listen.
   */
  readonly sockets: readonly Socket[];
  /** The addresses of the sockets. */
  readonly addresses: readonly Address[];

  /** @internal */
  constructor(sockets: readonly Socket[]) {
    this.sockets = sockets;
    this.addresses = sockets.map(getsockname);
  }

  /** The first address. */
  get address(): Address {
    return this.addresses[0] ?? { family: "unspecified" };
  }

  get port(): number {
    return "port" in this.address ? this.address.port : 0;
  }

  /**
   * Takes the descriptor out, for `http.createServer().listen({ fd: reserved.detach() })`: its new
   * owner must close it. Bun's and Deno's own servers do not take descriptors.
   *
   * @throws SocketError named `SocketClosed` if it was already passed on
   * @throws SocketError named `OperationNotSupported` on Windows, where Node cannot listen on a
   * descriptor. Use `listen({ socket: reserved })`, and pass the connections to Node's server:
   * `server.emit("connection", connection.toDuplex())`
   * @throws TypeError if there are two sockets: detach each of `sockets`, for a server each
   */
  detach(): number {
    const [socket, another] = this.sockets;
    if (socket !== undefined && !socket.system.capabilities.serversTakeDescriptors) {
      const where = endpointOf(this.address);
      unwrap(detachErrors.fail(socket.system, "OperationNotSupported", where), this.detach);
    }
    if (socket === undefined || another !== undefined)
      throw invalidStateForGood("localhost is two sockets: detach() each of `sockets`, for a server each");
    return socket.detach();
  }

  /** Frees the port, unless it was passed on. */
  [Symbol.dispose](): void {
    for (const socket of this.sockets) if (!socket.closed) tryClose(socket);
  }
}
