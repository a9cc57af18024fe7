import type { Calls } from "./system.ts";

/** The calls of a system without Linux's SCTP. */
export function noSctp(errno: number): Pick<Calls, "sctp_bindx" | "sctp_connectx" | "sctp_peeloff"> {
  const fail = () => -errno;
  return { sctp_bindx: fail, sctp_connectx: fail, sctp_peeloff: fail };
}
