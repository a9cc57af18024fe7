import { flag, intBetween, uint } from "./codecs.ts";
import { option, writeOnly } from "./option.ts";
import { canFilters, j1939Filters } from "./structures/can.ts";

/** Options of raw CAN sockets (Documentation/networking/can.rst), under their C names. */
export const CAN_RAW = {
  /** Which error frames to receive: a mask of error classes; none by default. */
  ERR_FILTER: option("CAN_RAW_ERR_FILTER", uint),
  /** CAN FD frames are received, and can be sent. */
  FD_FRAMES: option("CAN_RAW_FD_FRAMES", flag),
  /** Which frames to receive: those that pass any filter. All by default; none with `[]`. */
  FILTER: option("CAN_RAW_FILTER", canFilters),
  /** Frames must pass every filter. */
  JOIN_FILTERS: option("CAN_RAW_JOIN_FILTERS", flag),
  /** Other sockets of this machine receive what this one sends; true by default. */
  LOOPBACK: option("CAN_RAW_LOOPBACK", flag),
  /** This socket also receives what it sends. */
  RECV_OWN_MSGS: option("CAN_RAW_RECV_OWN_MSGS", flag),
  /** CAN XL frames are received, and can be sent; Linux 6.2. */
  XL_FRAMES: option("CAN_RAW_XL_FRAMES", flag),
};

/** Options of J1939 sockets (Documentation/networking/j1939.rst): SO_J1939_FILTER and so on. */
export const CAN_J1939 = {
  /** Reports in the error queue whether each message was sent. */
  ERRQUEUE: option("SO_J1939_ERRQUEUE", flag),
  /** Which messages to receive: those that pass any filter; `[]` removes the filters. */
  FILTER: writeOnly("SO_J1939_FILTER", j1939Filters),
  /** Also receives messages to others. */
  PROMISC: option("SO_J1939_PROMISC", flag),
  /** The priority of sent messages: 0 to 7; 0 and 1 need CAP_NET_ADMIN. */
  SEND_PRIO: option("SO_J1939_SEND_PRIO", intBetween(0, 7)),
};
