/** A call failed: one that maps memory, or that puts a descriptor on the event loop. */
export class FailedCall extends Error {
  /** The function and its purpose: `mmap of 4096 bytes`. */
  readonly call: string;
  /** Positive; on Windows its error code. */
  readonly errno: number;

  constructor(call: string, errno: number) {
    super(`${call} failed: errno ${errno}`);
    this.name = "FailedCall";
    this.call = call;
    this.errno = errno;
  }
}

/** The negative errno of a FailedCall; throws any other error on. */
export function errnoOfCall(error: unknown): number {
  if (error instanceof FailedCall) return -error.errno;
  throw error;
}
