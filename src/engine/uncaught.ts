import { throwUncaught } from "../clock/clock.ts";

/** Makes a handler's error an uncaught exception, as if thrown from the event loop itself. */
export { throwUncaught as uncaught };

/** Calls a handler. */
export function attempt<Argument>(call: (argument: Argument) => void, argument: Argument): void {
  try {
    call(argument);
  } catch (error) {
    throwUncaught(error);
  }
}
