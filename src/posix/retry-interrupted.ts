import { readOption } from "../options/read-option.ts";
import { SO } from "../options/so.ts";
import type { System } from "../system/system.ts";
import type { Borrowed } from "./borrow.ts";
import { isInterrupted } from "./interrupted.ts";
import { wait } from "./wait.ts";

/**
 * The direction a call moves data, which determines its timeout option and the event to wait for.
 */
export type Direction = "receiving" | "sending";

const timeouts = { receiving: SO.RCVTIMEO, sending: SO.SNDTIMEO };

/** A socket's timeout in milliseconds; Infinity if none is set. */
export function timeoutOf({ system, fd }: Borrowed, direction: Direction): number {
  return readOption(system, fd, timeouts[direction]) || Number.POSITIVE_INFINITY;
}

/**
 * Resumes a call interrupted by a signal. Simply repeating it would restart the socket's timeout,
 * so regular signals could make it wait forever. Instead the timeout counts from the first signal,
 * and the rest of it is spent in poll().
 *
 * @param fd the descriptor number of the original call: reading it again from a caller's object
 * could re-enter us and change the data to send
 */
export function retryInterrupted(
  system: System,
  fd: number,
  direction: Direction,
  call: () => number,
): number {
  const { POLL } = system.constants;
  const deadline = system.clock.now() + timeoutOf({ system, fd }, direction);
  const entry = { fd, events: direction === "receiving" ? POLL.IN : POLL.OUT, revents: 0 };
  let returned: number;
  do {
    if (deadline !== Number.POSITIVE_INFINITY) {
      const left = Math.max(0, deadline - system.clock.now());
      if (wait(system, [entry], left) === 0) return -system.errnos.EAGAIN;
    }
    returned = call();
  } while (isInterrupted(system, returned));
  return returned;
}
