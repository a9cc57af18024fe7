import { throwUncaught } from "../clock/clock.ts";
import type { StreamHandlers } from "./engine.ts";

/** Turns a handler's error into an uncaught exception, as if it was thrown from the event loop. */
export { throwUncaught as uncaught };

/** Calls a handler. */
export function attempt<Argument>(call: (argument: Argument) => void, argument: Argument): void {
  try {
    call(argument);
  } catch (error) {
    throwUncaught(error);
  }
}

/** Reports the peer's end to a stream's handlers. */
export function callOnEnd(handlers: StreamHandlers): void {
  try {
    handlers.onEnd();
  } catch (error) {
    throwUncaught(error);
  }
}

/** Reports to a stream's handlers that the system has taken some of the written bytes. */
export function callOnProgress(handlers: StreamHandlers): void {
  try {
    handlers.onProgress?.();
  } catch (error) {
    throwUncaught(error);
  }
}

/** Reports to a stream's handlers that the system has taken all written bytes. */
export function callOnDrain(handlers: StreamHandlers): void {
  try {
    handlers.onDrain();
  } catch (error) {
    throwUncaught(error);
  }
}

/** Reports a failure to a stream's handlers; see `StreamHandlers.onError()` for `ended`. */
export function callOnError(handlers: StreamHandlers, errno: number, ended: boolean): void {
  try {
    handlers.onError(errno, ended);
  } catch (error) {
    throwUncaught(error);
  }
}
