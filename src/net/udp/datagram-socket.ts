import type { AddressInput } from "../../address/address.ts";
import { checkWait, orAbort, throwIfAborted, type WaitOptions } from "../abort.ts";
import { bytesToSend, type Data } from "../connection/data.ts";
import { receivingClosed } from "./datagram-error.ts";
import { DatagramSocketBase } from "./datagram-socket-base.ts";
import type { Datagram, PulledDatagrams } from "./pulled-datagrams.ts";

/**
 * A socket for datagrams whose program asks for what has come: `udp(options)` gives one.
 *
 * Nothing is received before the first `receive()`, and 64 datagrams or 64 KiB ahead of the program
 * after that, or a few more that came with them; then the system's buffer (SO.RCVBUF) fills, and
 * the system drops what comes, as it does to any slow reader.
 *
 * It ends with `close()`, at the end of an `await using` scope, or by its signal. A datagram that
 * fails ends nothing.
 */
export class DatagramSocket extends DatagramSocketBase implements AsyncIterable<Datagram> {
  readonly #pulled: PulledDatagrams;

  /** @internal */
  constructor(pulled: PulledDatagrams) {
    super(pulled);
    this.#pulled = pulled;
  }

  /**
   * Sends one datagram, in the order of the calls, and waits until the system has taken it. Many
   * that are sent without waiting go in few system calls. The bytes may be changed at once.
   *
   * @param data what it carries, which may be empty
   * @param to whom to send it to; left out, or `{ family: "unspecified" }`, to the peer of a
   * connected socket
   * @param options `signal` and `timeout` end the waiting alone: the datagram is still sent
   * @throws SendtoError of this datagram, such as `MessageTooBig`; `ConnectionRefused` is told of
   * an earlier one, and keeps this one from being sent; `DestinationAddressRequired` without `to`
   * or a peer; `SocketClosed`
   * @throws TypeError if `data` is neither a string nor a Uint8Array over plain memory, or the
   * address is malformed
   * @throws RangeError if the address is out of range, or `data` is longer than the engine takes:
   * 255 KiB on io_uring
   * @throws DOMException named `TimeoutError`, or the `reason` of the signal
   */
  async send(data: Data, to?: AddressInput, options?: WaitOptions): Promise<void> {
    checkWait(options);
    throwIfAborted(options?.signal);
    const sent = this.#pulled.send(bytesToSend(data), to ?? null);
    return options === undefined ? sent : orAbort("send()", sent, options);
  }

  /**
   * Waits for a datagram.
   *
   * @param options `signal` and `timeout`: who gives up loses no datagram
   * @throws RecvfromError, such as `ConnectionRefused` where nobody was there for an earlier
   * datagram of a connected socket: receiving goes on with the next call; `SocketClosed` once
   * `close()` was called
   * @throws DOMException named `TimeoutError`, or the `reason` of the signal
   */
  async receive(options?: WaitOptions): Promise<Datagram> {
    checkWait(options);
    const datagram = await this.#pulled.next(options);
    if (datagram === null) throw receivingClosed();
    return datagram;
  }

  /**
   * The datagrams, until `close()` is called. Leaving the loop leaves the socket open. What
   * `receive()` throws ends the loop; another may begin after it.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Datagram, void, void> {
    for (;;) {
      const datagram = await this.#pulled.next();
      if (datagram === null) return;
      yield datagram;
    }
  }
}
