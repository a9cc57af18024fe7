import { CLOSE_ON_EXEC, NONBLOCKING } from "../descriptor-flags.ts";
import { constants } from "./constants.ts";

const { SOCK } = constants;

/**
 * socket(), socketpair() and accept4() take the flags with the type, so no fork can come in
 * between; so does SCTP_SOCKOPT_PEELOFF_FLAGS.
 */
export function typeFlags(flags: number): number {
  return (flags & CLOSE_ON_EXEC ? SOCK.CLOEXEC : 0) | (flags & NONBLOCKING ? SOCK.NONBLOCK : 0);
}
