import type { Calls } from "../system.ts";
import { errnos } from "./errno.ts";
import * as libc from "./libc.ts";
import { typeFlags } from "./type-flags.ts";

const SOL_SCTP = 132;

// include/uapi/linux/sctp.h: the options with which libsctp implements its calls.
const SCTP_BINDX_ADD_ADDR = 1;
const SCTP_BINDX_REM_ADDR = 2;
const SCTP_SOCKOPT_BINDX_ADD = 100;
const SCTP_SOCKOPT_BINDX_REM = 101;
const SCTP_SOCKOPT_CONNECTX = 110;
const SCTP_SOCKOPT_PEELOFF_FLAGS = 122;

/** sctp_peeloff_flags_arg_t is { { sctp_assoc_t associd; int sd }; unsigned flags }. */
const peeloff = new Int32Array(3);
const peeloffBytes = new Uint8Array(peeloff.buffer);
const peeloffLength = new Int32Array(1);
const peeloffLengthBytes = new Uint8Array(peeloffLength.buffer);

/** errno belongs to the thread, and the next call may change it, so it is read immediately. */
const result = (returned: number): number => (returned === -1 ? -libc.errno() : returned);

const bindxOptions = new Map([
  [SCTP_BINDX_ADD_ADDR, SCTP_SOCKOPT_BINDX_ADD],
  [SCTP_BINDX_REM_ADDR, SCTP_SOCKOPT_BINDX_REM],
]);

/**
 * The calls of libsctp. Safety: the kernel reads and writes no more than the lengths given, and
 * only during the call.
 */
export const sctpCalls: Pick<Calls, "sctp_bindx" | "sctp_connectx" | "sctp_peeloff"> = {
  sctp_bindx(fd, addresses, flags) {
    const option = bindxOptions.get(flags);
    if (option === undefined) return -errnos.EINVAL;
    return result(libc.setsockopt(fd, SOL_SCTP, option, addresses, addresses.byteLength));
  },
  /**
   * SCTP_SOCKOPT_CONNECTX3 would take a pointer to the addresses; this one takes the addresses, and
   * returns the association too (sctp_setsockopt_connectx in net/sctp/socket.c).
   */
  sctp_connectx: (fd, addresses) =>
    result(libc.setsockopt(fd, SOL_SCTP, SCTP_SOCKOPT_CONNECTX, addresses, addresses.byteLength)),
  sctp_peeloff(fd, assocId, flags) {
    peeloff.set([assocId, -1, typeFlags(flags)]);
    peeloffLength[0] = peeloffBytes.byteLength;
    const returned = libc.getsockopt(
      fd,
      SOL_SCTP,
      SCTP_SOCKOPT_PEELOFF_FLAGS,
      peeloffBytes,
      peeloffLengthBytes,
    );
    // The kernel returns the descriptor too (sctp_getsockopt_peeloff_flags).
    return result(returned);
  },
};
