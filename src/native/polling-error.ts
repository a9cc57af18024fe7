import { MappingError } from "./memory.ts";

/** A descriptor could not be put on the event loop. */
export class PollingError extends Error {
  readonly call: string;
  /** Positive. */
  readonly errno: number;

  constructor(call: string, errno: number) {
    super(`${call} failed: errno ${errno}`);
    this.name = "PollingError";
    this.call = call;
    this.errno = errno;
  }
}

/** The negative errno of a PollingError or MappingError; throws any other error on. */
export function errnoOfPolling(error: unknown): number {
  if (error instanceof PollingError || error instanceof MappingError) return -error.errno;
  throw error;
}
