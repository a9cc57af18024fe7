import type { System } from "../system/system.ts";
import { pendingError } from "./pending-error.ts";
import { attempt } from "./uncaught.ts";

/**
 * The shutdown of a stream's sending side, from when it is asked for: it is made once everything is
 * sent, and then those who wait for it are told.
 */
export class Shutdown {
  #state: "wanted" | "made" = "wanted";
  #result = 0;
  #calls: ((errno: number) => void)[] | undefined;

  /** Whether it is still to be made. */
  get isWanted(): boolean {
    return this.#state === "wanted";
  }

  /** Whether anyone is to be told. */
  get isAwaited(): boolean {
    return this.#calls !== undefined;
  }

  whenMade(call: ((errno: number) => void) | undefined): void {
    if (call === undefined) return;
    this.#calls ??= [];
    this.#calls.push(call);
  }

  /**
   * Makes it: everything is sent. Returns 0, or what failed, or undefined where it must be made
   * again when the receive under way has ended.
   *
   * @param failed what the stream has failed with, or 0
   * @param received what receiving has ended with, where that is not told yet, or 0
   * @param isReceiving whether a receive is under way, which may have taken the socket's error
   */
  make(system: System, fd: number, failed: number, received = 0, isReceiving = false): number | undefined {
    let result = failed < 0 ? failed : system.shutdown(fd, system.constants.SHUT.WR);
    if (result < 0 && failed === 0) {
      // ENOTCONN of a connection that the peer has reset, whose own error tells more. Where the
      // peer had ended before, nothing else would tell of it.
      const error = pendingError(system, fd) || received;
      if (error === 0 && isReceiving) return undefined;
      result = error || result;
    }
    this.#state = "made";
    this.#result = result;
    return result;
  }

  /** Tells those who wait: what it gave, or `otherwise` where it was not made. */
  tell(otherwise: number): void {
    const calls = this.#calls;
    this.#calls = undefined;
    const result = this.#state === "made" ? this.#result : otherwise;
    if (calls !== undefined) for (const call of calls) attempt(call, result);
  }
}
