import { throwUncaught } from "../clock/clock.ts";
import type { StreamHandlers } from "./engine.ts";

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

/** Tells a stream's handlers of the peer's end. */
export function callOnEnd(handlers: StreamHandlers): void {
  try {
    handlers.onEnd();
  } catch (error) {
    throwUncaught(error);
  }
}

/** Tells a stream's handlers that the system has taken some of what was written. */
export function callOnProgress(handlers: StreamHandlers): void {
  try {
    handlers.onProgress?.();
  } catch (error) {
    throwUncaught(error);
  }
}

/** Tells a stream's handlers that the system has taken everything written. */
export function callOnDrain(handlers: StreamHandlers): void {
  try {
    handlers.onDrain();
  } catch (error) {
    throwUncaught(error);
  }
}

/** Tells a stream's handlers of its failure; `ended`: of the peer's end before it. */
export function callOnError(handlers: StreamHandlers, errno: number, ended: boolean): void {
  try {
    handlers.onError(errno, ended);
  } catch (error) {
    throwUncaught(error);
  }
}
