import { throwUncaught } from "../clock/clock.ts";

/** A handler's error is an uncaught exception, as it would be from the event loop itself. */
export { throwUncaught as uncaught };

/** Calls a handler. */
export function attempt<Argument>(call: (argument: Argument) => void, argument: Argument): void {
  try {
    call(argument);
  } catch (error) {
    throwUncaught(error);
  }
}
