import type { Address } from "../../address/address.ts";
import { invalidStateForGood } from "../../errors/argument.ts";
import { ErrorSet } from "../../errors/error-set.ts";
import { unwrap } from "../../errors/socket-error.ts";
import { tryClose } from "../../posix/close.ts";
import { endpointOf } from "../../posix/endpoint.ts";
import { getsockname } from "../../posix/getsockname.ts";
import type { Socket } from "../../posix/owned-socket.ts";
import { host } from "../../system/host.ts";
import type { SocketHolder } from "../options/listen-options.ts";

const detachErrors = new ErrorSet("detach", {
  OperationNotSupported: {
    codes: ["EOPNOTSUPP"],
    message: "Node cannot listen on a socket by its number on Windows.",
    advice:
      'Give the port to listen({ socket: reserved }), and its connections to the server: server.emit("connection", connection.toDuplex()).',
  },
});

/**
 * A port that is taken, and kept for whoever is to have it: `reservePort()` gives one. It ends when
 * its sockets are handed on, with `detach()`, or at the end of a `using` scope.
 */
export class ReservedPort implements SocketHolder {
  /**
   * The sockets that hold it: two for `localhost`, if the machine has both families, otherwise one.
   * They listen already.
   */
  readonly sockets: readonly Socket[];
  /** The addresses of the sockets. */
  readonly addresses: readonly Address[];

  /** @internal */
  constructor(sockets: readonly Socket[]) {
    this.sockets = sockets;
    this.addresses = sockets.map(getsockname);
  }

  /** The first of the addresses. */
  get address(): Address {
    return this.addresses[0] ?? { family: "unspecified" };
  }

  get port(): number {
    return "port" in this.address ? this.address.port : 0;
  }

  /**
   * Takes the descriptor out, for `http.createServer().listen({ fd: reserved.detach() })`: whoever
   * gets the number closes it. Bun's and Deno's own servers take none.
   *
   * @throws SocketError named `SocketClosed` if it was handed on already
   * @throws SocketError named `OperationNotSupported` on Windows, where Node cannot listen on it:
   * use `listen({ socket: reserved })`, whose connections a server of Node's takes, as
   * `server.emit("connection", connection.toDuplex())`
   * @throws TypeError if there are two sockets: detach each of `sockets`, for a server each
   */
  detach(): number {
    const [socket, another] = this.sockets;
    if (!host.capabilities.serversTakeDescriptors)
      unwrap(detachErrors.fail(host, "OperationNotSupported", endpointOf(this.address)), this.detach);
    if (socket === undefined || another !== undefined)
      throw invalidStateForGood("localhost is two sockets: detach() each of `sockets`, for a server each");
    return socket.detach();
  }

  /** Frees the port, unless it was handed on. */
  [Symbol.dispose](): void {
    for (const socket of this.sockets) if (!socket.closed) tryClose(socket);
  }
}
