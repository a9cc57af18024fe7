import { flag, intBetween, uint } from "./codecs.ts";
import { option, writeOnly } from "./option.ts";
import { canFilters, j1939Filters } from "./structures/can.ts";

/** Options of raw CAN sockets (Documentation/networking/can.rst), under their C names. */
export const CAN_RAW = {
  /** Which error frames are received: a mask of error classes; none at first. */
  ERR_FILTER: option("CAN_RAW_ERR_FILTER", uint),
  /** CAN FD frames are received, and can be sent. */
  FD_FRAMES: option("CAN_RAW_FD_FRAMES", flag),
  /** Which frames are received: those that pass one filter; all at first, and with `[]` none. */
  FILTER: option("CAN_RAW_FILTER", canFilters),
  /** Frames must pass every filter. */
  JOIN_FILTERS: option("CAN_RAW_JOIN_FILTERS", flag),
  /** Other sockets of this machine receive what this one sends; true at first. */
  LOOPBACK: option("CAN_RAW_LOOPBACK", flag),
  /** This socket receives what it sends, too. */
  RECV_OWN_MSGS: option("CAN_RAW_RECV_OWN_MSGS", flag),
  /** CAN XL frames are received, and can be sent; Linux 6.2. */
  XL_FRAMES: option("CAN_RAW_XL_FRAMES", flag),
};

/** Options of J1939 sockets (Documentation/networking/j1939.rst): SO_J1939_FILTER and so on. */
export const CAN_J1939 = {
  /** Reports in the error queue when a message was sent, or was not. */
  ERRQUEUE: option("SO_J1939_ERRQUEUE", flag),
  /** Which messages are received: those that pass one filter; `[]` removes the filters. */
  FILTER: writeOnly("SO_J1939_FILTER", j1939Filters),
  /** Receives messages to others, too. */
  PROMISC: option("SO_J1939_PROMISC", flag),
  /** The priority of what is sent: 0 to 7; 0 and 1 need CAP_NET_ADMIN. */
  SEND_PRIO: option("SO_J1939_SEND_PRIO", intBetween(0, 7)),
};
