import type { System } from "../system/system.ts";
import { pendingError } from "./pending-error.ts";
import { attempt } from "./uncaught.ts";

/**
 * The shutdown of a stream's sending side. It happens once everything is sent, and then calls the
 * waiting `done` functions.
 */
export class Shutdown {
  #state: "wanted" | "made" = "wanted";
  #result = 0;
  #calls: ((errno: number) => void)[] | undefined;

  /** Whether it is still to be done. */
  get isWanted(): boolean {
    return this.#state === "wanted";
  }

  /** Whether any call is waiting for it. */
  get isAwaited(): boolean {
    return this.#calls !== undefined;
  }

  whenMade(call: ((errno: number) => void) | undefined): void {
    if (call === undefined) return;
    if (this.#calls === undefined) this.#calls = [call];
    else this.#calls.push(call);
  }

  /**
   * Shuts down, now that everything is sent. Returns 0 or the error; undefined if it must be
   * repeated after the receive in flight has ended.
   *
   * @param failed the stream's failure, or 0
   * @param received the unreported failure that ended receiving, or 0
   * @param isReceiving whether a receive is in flight, which may have taken the socket's error
   */
  make(system: System, fd: number, failed: number, received = 0, isReceiving = false): number | undefined {
    let result = failed < 0 ? failed : system.shutdown(fd, system.constants.SHUT.WR);
    if (result < 0 && failed === 0) {
      // ENOTCONN after a reset by the peer, whose own error says more. If the peer had ended
      // before, nothing else would report it.
      const error = pendingError(system, fd) || received;
      if (error === 0 && isReceiving) return undefined;
      result = error || result;
    }
    this.#state = "made";
    this.#result = result;
    return result;
  }

  /**
   * Calls the waiting `done` functions with the result, or with `otherwise` if there was no
   * shutdown.
   */
  tell(otherwise: number): void {
    const calls = this.#calls;
    this.#calls = undefined;
    const result = this.#state === "made" ? this.#result : otherwise;
    if (calls !== undefined) for (const call of calls) attempt(call, result);
  }
}
