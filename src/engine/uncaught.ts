/** A handler's error is an uncaught exception, as it would be from the event loop itself. */
export function uncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** Calls a handler. */
export function attempt<Argument>(call: (argument: Argument) => void, argument: Argument): void {
  try {
    call(argument);
  } catch (error) {
    uncaught(error);
  }
}
