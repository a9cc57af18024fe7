import type { Cmsg } from "../../control/cmsg.ts";
import { constants } from "../../system/linux/constants.ts";
import { options } from "../../system/linux/options.ts";
import type { ReceiveRequest, SocketAddress } from "./kernel-socket.ts";
import { scatter } from "./pieces.ts";
import { encodeSockaddr } from "./sockaddr.ts";

/** Where an error came from: ee_origin of include/uapi/linux/errqueue.h. */
export const ORIGIN = { LOCAL: 1, ICMP: 2, ICMP6: 3 } as const;

/** An error queued by IP_RECVERR: struct sock_extended_err, and the datagram it is about. */
export interface QueuedError {
  /** Positive. */
  readonly errno: number;
  readonly origin: number;
  readonly type: number;
  readonly code: number;
  readonly info: number;
  /** The datagram's destination. */
  readonly destination: SocketAddress;
  /** Who sent the error; undefined if this host did. */
  readonly offender: SocketAddress | undefined;
  /** The data of the datagram, as far as the error quoted it. */
  readonly data: Uint8Array;
}

const LIMIT = 256;

/** The errors that wait for MSG_ERRQUEUE (ip(7)). */
export class ErrorQueue {
  readonly #errors: QueuedError[] = [];

  get size(): number {
    return this.#errors.length;
  }

  add(error: QueuedError): void {
    if (this.#errors.length < LIMIT) this.#errors.push(error);
  }

  /**
   * ip_recv_error(): takes the first error. Returns the number of bytes, or undefined if there is
   * none.
   *
   * @param ipv6 whether the socket is IPv6's: it gets IPV6_RECVERR
   */
  receive(request: ReceiveRequest, ipv6: boolean): number | undefined {
    const error = this.#errors.shift();
    if (error === undefined) return undefined;
    const copied = scatter(error.data, request.pieces);
    request.outFlags |=
      (constants.MSG.ERRQUEUE ?? 0) | (copied < error.data.length ? constants.MSG.TRUNC : 0);
    request.address = error.destination;
    request.controls.push(controlOf(error, ipv6));
    return copied;
  }

  /**
   * The pending error after receive(): that of the next ICMP error, or 0 (sock_dequeue_err_skb()).
   */
  get pending(): number {
    const next = this.#errors[0];
    return next === undefined || next.origin === ORIGIN.LOCAL ? 0 : next.errno;
  }
}

function controlOf(error: QueuedError, ipv6: boolean): Cmsg {
  const { level, number } = ipv6 ? options.IPV6_RECVERR : options.IP_RECVERR;
  const offender =
    error.offender === undefined ? new Uint8Array(ipv6 ? 28 : 16) : encodeSockaddr(error.offender);
  const data = new Uint8Array(16 + offender.length);
  const view = new DataView(data.buffer);
  view.setUint32(0, error.errno, true);
  view.setUint8(4, error.origin);
  view.setUint8(5, error.type);
  view.setUint8(6, error.code);
  view.setUint32(8, error.info, true);
  data.set(offender, 16);
  return { level, number, data };
}
