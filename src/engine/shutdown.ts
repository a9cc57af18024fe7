import type { System } from "../system/system.ts";
import { pendingError } from "./pending-error.ts";
import { attempt } from "./uncaught.ts";

/**
 * The shutdown of a stream's sending side: waits until everything is sent, and then calls the
 * waiting `done` functions.
 */
export class Shutdown {
  #state: "wanted" | "made" = "wanted";
  #result = 0;
  #calls: ((errno: number) => void)[] | undefined;

  /** Whether it was requested and has not happened yet. */
  get isWanted(): boolean {
    return this.#state === "wanted";
  }

  /** Whether any `done` function is waiting for it. */
  get isAwaited(): boolean {
    return this.#calls !== undefined;
  }

  whenMade(call: ((errno: number) => void) | undefined): void {
    if (call === undefined) return;
    if (this.#calls === undefined) this.#calls = [call];
    else this.#calls.push(call);
  }

  /**
   * Shuts down, now that everything is sent. Returns 0 or the error; undefined if the caller must
   * repeat it after the receive in flight has ended.
   *
   * @param failed the stream's failure, or 0
   * @param received the unreported failure that ended receiving, or 0
   * @param isReceiving whether a receive is in flight, which may have fetched the socket's error
   */
  make(system: System, fd: number, failed: number, received = 0, isReceiving = false): number | undefined {
    let result = failed < 0 ? failed : system.shutdown(fd, system.constants.SHUT.WR);
    if (result === -system.errnos.ENOTCONN && failed === 0) {
      // After a reset by the peer, shutdown(2) fails with ENOTCONN; the socket's pending error says
      // more. If the peer had ended before, nothing else would report the reset.
      const error = pendingError(system, fd) || received;
      if (error === 0 && isReceiving) return undefined;
      result = error || result;
    }
    this.#state = "made";
    this.#result = result;
    return result;
  }

  /**
   * Calls the waiting `done` functions with the result, or with `otherwise` if no shutdown
   * happened.
   */
  settle(otherwise: number): void {
    const calls = this.#calls;
    this.#calls = undefined;
    const result = this.#state === "made" ? this.#result : otherwise;
    if (calls !== undefined) for (const call of calls) attempt(call, result);
  }
}
