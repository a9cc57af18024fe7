import { flag, int } from "./codecs.ts";
import { option, readOnly } from "./option.ts";
import { linger } from "./structures/linger.ts";

/** Options of SOL_SOCKET (socket(7)), under their C names. */
export const SO = {
  /** Whether the socket listens. */
  ACCEPTCONN: readOnly("SO_ACCEPTCONN", flag),
  /** The address family: AF.INET and so on. */
  DOMAIN: readOnly("SO_DOMAIN", int),
  /** What close() does with data that is not sent yet. */
  LINGER: option("SO_LINGER", linger),
  /** The protocol: IPPROTO.TCP and so on. */
  PROTOCOL: readOnly("SO_PROTOCOL", int),
  /** Lets bind() take an address whose old connections are in TIME_WAIT, or that other such sockets share. */
  REUSEADDR: option("SO_REUSEADDR", flag),
  /** The type: SOCK.STREAM and so on. */
  TYPE: readOnly("SO_TYPE", int),
};
