import type { Exceptions } from "./platform.ts";

// Rows of the tables that do not hold on a simulated host, by their call and the beginning of their
// clause. Each has a reason that stays: what is only missing yet belongs in the table as a failure.

export const program = "it starts a program, which runs on this machine's kernel";
export const nodes = "Node's own sockets are this machine's";

const reasons: Readonly<Record<string, readonly (readonly [clause: string, reason: string])[]>> = {};

/** Where a row does not hold. */
export function simulatedExceptions(call: string, clause: string): Exceptions {
  const found = reasons[call]?.find(([beginning]) => clause.startsWith(beginning));
  return found === undefined ? {} : { simulated: found[1] };
}
