import type { System } from "../system/system.ts";

/** The cause of a failed send: EPIPE may follow an error that an earlier call consumed and lost. */
export function causeOfFailedSend(system: System, fd: number, errno: number): number {
  return (system.errnoName(-errno) === "EPIPE" && system.lostError?.(fd)) || errno;
}
