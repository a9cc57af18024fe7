import { bytesToSend, type Data } from "./data.ts";
import type { HandledStream } from "./handled-stream.ts";
import { ConnectionBase } from "./open-stream.ts";

/**
 * A connection whose events go to handlers: those of `listen(options, handlers)` are called with
 * one.
 *
 * While more than 64 KiB wait to be sent to a peer, nothing is received from it, so that what
 * answers a peer that does not read stays bounded by itself.
 */
export class HandledConnection<State = unknown> extends ConnectionBase {
  readonly #stream: HandledStream<State>;
  /** What the handler `open()` returned; the program's to use. */
  declare state: State;

  /** @internal */
  constructor(stream: HandledStream<State>) {
    super(stream);
    this.#stream = stream;
  }

  /**
   * Whether it is closed, or will be once what was written is sent: nothing more is sent or
   * received.
   */
  get closed(): boolean {
    return !this.#stream.open;
  }

  /**
   * Sends bytes, in the order of the calls. They may be changed at once. On a connection that is
   * closed it does nothing.
   *
   * @param data a view that the handler `data()` was given, or a `subarray()` of it, is sent
   * without a copy during that handler
   * @returns false where more than 64 KiB wait to be sent now, or the connection is closed: a
   * program that writes on its own account should go on after the handler `drain()`
   * @throws TypeError if `data` is neither a string nor a Uint8Array over plain memory, or a view
   * of a handler that has returned
   * @throws Error after `end()`
   */
  write(data: Data): boolean {
    return this.#stream.write(bytesToSend(data));
  }

  /**
   * Sends what was written, and ends this side: the peer reads the end, and can still send. May be
   * repeated.
   */
  end(data?: Data): void {
    if (data !== undefined) this.#stream.write(bytesToSend(data));
    this.#stream.finish();
  }

  /**
   * Closes it, once what was written is sent, for as long as the peer takes to read that. May be
   * repeated.
   */
  close(): void {
    this.#stream.close();
  }

  /** Receives nothing until `resume()`: the system's buffers fill, and hold the peer up. */
  pause(): this {
    this.#stream.pause();
    return this;
  }

  /** Receives again. */
  resume(): this {
    this.#stream.resume();
    return this;
  }
}
