import { InvalidArgumentError } from "commander";

/** What shows that a worker serves. */
export type Readiness = "listening" | "message" | "notify";

const values: readonly string[] = ["listening", "message", "notify"] satisfies Readiness[];

/** Parses `--ready`. */
export function parseReadiness(text: string): Readiness {
  if (text !== "listening" && text !== "message" && text !== "notify")
    throw new InvalidArgumentError(`It is one of ${values.join(", ")}.`);
  return text;
}

/**
 * How long a program that is not Node's may take to listen, in milliseconds: it cannot tell, so it
 * is taken for ready if it still runs then. `--ready notify` waits for it to say so.
 */
export const UNREPORTED = 2000;

/** How long a worker may take to be ready, in milliseconds. */
export const LATEST = 60_000;

/** Whether a datagram to NOTIFY_SOCKET says READY=1 (sd_notify(3)). */
export const saysReady = (datagram: Uint8Array): boolean =>
  Buffer.from(datagram).toString().split("\n").includes("READY=1");
