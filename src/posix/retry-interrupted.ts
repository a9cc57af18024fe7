import { readOption } from "../options/read-option.ts";
import { SO } from "../options/so.ts";
import type { System } from "../system/system.ts";
import type { Borrowed } from "./borrow.ts";
import { isInterrupted } from "./interrupted.ts";
import { wait } from "./wait.ts";

/** Which way a call moves data: it has a time-out of its own, and an event that it waits for. */
export type Direction = "receiving" | "sending";

const timeouts = { receiving: SO.RCVTIMEO, sending: SO.SNDTIMEO };

/** The time-out of a socket in milliseconds; Infinity where it has none. */
export function timeoutOf({ system, fd }: Borrowed, direction: Direction): number {
  return readOption(system, fd, timeouts[direction]) || Number.POSITIVE_INFINITY;
}

/**
 * Goes on with a call that a signal has interrupted. To repeat it would begin the socket's time-out
 * afresh, and steady signals would make it wait for ever; so the time-out counts from the first
 * signal, and what is left of it is spent in poll().
 *
 * @param fd the number that the call was made with: to ask a caller's object again could call us,
 * and change what is to be sent
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
