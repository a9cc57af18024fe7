import type { AddressInput } from "../../address/address.ts";
import { bytesToSend, type Data } from "../connection/data.ts";
import { DatagramSocketBase } from "./datagram-socket-base.ts";
import type { HandledDatagrams } from "./handled-datagrams.ts";

/**
 * A socket for datagrams whose events go to handlers: `udp(options, handlers)` gives one.
 *
 * While more than 64 KiB or 1024 datagrams wait to be sent, nothing is received, so that what
 * answers stays bounded by itself.
 *
 * It ends with `close()`, at the end of an `await using` scope, or by its signal. A datagram that
 * fails ends nothing.
 */
export class HandledDatagramSocket extends DatagramSocketBase {
  readonly #handled: HandledDatagrams;

  /** @internal */
  constructor(handled: HandledDatagrams) {
    super(handled);
    this.#handled = handled;
  }

  /**
   * Sends one datagram, in the order of the calls. The bytes may be changed at once. What becomes
   * of it, if it cannot be sent, the handler `error()` is told. On a socket that is closed it does
   * nothing.
   *
   * @param data what it carries, which may be empty; a view that the handler `message()` was given,
   * or a `subarray()` of it, is sent without a copy during that handler
   * @param to whom to send it to; left out, or `{ family: "unspecified" }`, to the peer of a
   * connected socket. The address that `message()` was given costs least
   * @returns false where more than 64 KiB or 1024 datagrams wait to be sent now, or the socket is
   * closed: a program that sends on its own account should go on after the handler `drain()`
   * @throws TypeError if `data` is neither a string nor a Uint8Array over plain memory, or a view
   * of a handler that has returned, or the address is malformed
   * @throws RangeError if the address is out of range, or `data` is longer than the engine takes:
   * 255 KiB on io_uring
   */
  send(data: Data, to?: AddressInput): boolean {
    return this.#handled.send(bytesToSend(data), to ?? null);
  }
}
