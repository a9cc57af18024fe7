import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import type { KernelSocket } from "../host/kernel-socket.ts";
import type { ProtocolHandler, ProtocolHost } from "../host/protocol-host.ts";
import { DatagramSocket } from "./datagram-socket.ts";
import { UnixNames } from "./names.ts";
import { SeqpacketSocket } from "./seqpacket-socket.ts";
import { StreamSocket } from "./stream-socket.ts";
import type { UnixSocket } from "./unix-socket.ts";

const { SOCK } = constants;

/** Unix sockets of one host. */
export class UnixProtocol implements ProtocolHandler {
  readonly #host: ProtocolHost;
  readonly #names: UnixNames<UnixSocket>;

  constructor(host: ProtocolHost) {
    this.#host = host;
    this.#names = new UnixNames(host.files);
    host.register("unix", this);
  }

  socket(_domain: number, type: number): KernelSocket | number {
    switch (type) {
      case SOCK.STREAM:
        return new StreamSocket(this.#host, this.#names);
      case SOCK.SEQPACKET:
        return new SeqpacketSocket(this.#host, this.#names);
      case SOCK.DGRAM:
        return new DatagramSocket(this.#host, this.#names);
      default:
        return -errnos.ESOCKTNOSUPPORT;
    }
  }

  pair(_domain: number, type: number): readonly [KernelSocket, KernelSocket] | number {
    const [host, names] = [this.#host, this.#names];
    if (type === SOCK.DGRAM) {
      const [one, other] = [new DatagramSocket(host, names), new DatagramSocket(host, names)];
      one.pairWith(other);
      return [one, other];
    }
    const stream = type === SOCK.STREAM;
    const one = stream ? new StreamSocket(host, names) : new SeqpacketSocket(host, names);
    const other = stream ? new StreamSocket(host, names) : new SeqpacketSocket(host, names);
    one.pairWith(other);
    return [one, other];
  }

  // No packet is ever for a unix socket.
  receive(): void {}
  error(): void {}

  crash(): void {
    this.#names.crash();
  }
}
