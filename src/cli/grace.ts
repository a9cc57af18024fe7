import { UsageError } from "./usage-error.ts";

/** Parses the number of seconds that a process may take to exit after SIGTERM. */
export function parseGrace(text: string): number {
  const seconds = Number(text);
  if (text === "" || !(seconds >= 0 && seconds <= 3600)) {
    throw new UsageError(`"${text}" is not a time; a time is a number of seconds from 0 to 3600.`);
  }
  return seconds;
}
