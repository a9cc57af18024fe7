import { InvalidArgumentError } from "commander";

/** How a worker shows that it is ready. */
export type Readiness = "listening" | "message" | "notify";

const values: readonly string[] = ["listening", "message", "notify"] satisfies Readiness[];

/** Parses `--ready`. */
export function parseReadiness(text: string): Readiness {
  if (text !== "listening" && text !== "message" && text !== "notify")
    throw new InvalidArgumentError(`It is one of ${values.join(", ")}.`);
  return text;
}

/**
 * How many milliseconds a program other than Node gets to start listening. Since such a program
 * does not report that it listens, it counts as ready if it is still running then. With `--ready
 * notify` it reports that itself.
 */
export const UNREPORTED = 2000;

/** How many milliseconds a worker may take to become ready. */
export const LATEST = 60_000;

/** Whether a datagram to NOTIFY_SOCKET says READY=1 (sd_notify(3)). */
export const saysReady = (datagram: Uint8Array): boolean =>
  Buffer.from(datagram).toString().split("\n").includes("READY=1");
