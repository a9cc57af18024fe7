import { flag, intBetween } from "./codecs.ts";
import { option, readOnly } from "./option.ts";
import { peerCredentials } from "./structures/xucred.ts";

/**
 * Options of SOL_LOCAL, of unix sockets on macOS and FreeBSD (unix(4)), under their C names. Linux
 * has `SO.PEERCRED`.
 */
export const LOCAL = {
  /** The next message carries the credentials of its sender (SCM_CREDS), as bytes; FreeBSD. */
  CREDS: option("LOCAL_CREDS", flag),
  /** Every message carries them (SCM_CREDS2), as bytes; FreeBSD 13. */
  CREDS_PERSISTENT: option("LOCAL_CREDS_PERSISTENT", flag),
  /** The credentials of the unix socket's peer, as of connect(), listen() or socketpair(). */
  PEERCRED: readOnly("LOCAL_PEERCRED", peerCredentials),
  /** The pid of the process the peer acts on behalf of, or the peer's own pid; macOS. */
  PEEREPID: readOnly("LOCAL_PEEREPID", intBetween(0, 0x7fffffff)),
  /** The pid of the process that created the unix socket's peer; macOS. */
  PEERPID: readOnly("LOCAL_PEERPID", intBetween(0, 0x7fffffff)),
};
