import { flag, intBetween, uint } from "./codecs.ts";
import { asymmetric, option, writeOnly } from "./option.ts";
import { canFilters, j1939Filters } from "./structures/can.ts";
import { isotpFlowControl, isotpLinkLayer, isotpOptions } from "./structures/can-isotp.ts";

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

/**
 * Options of ISO-TP sockets (ISO 15765-2; Documentation/networking/iso15765-2.rst), under their C
 * names. They are set before `bind()`.
 */
export const CAN_ISOTP = {
  /** The frames of the bus. */
  LL_OPTS: option("CAN_ISOTP_LL_OPTS", isotpLinkLayer),
  /** Addressing, padding and timing; what is omitted gets its default. */
  OPTS: asymmetric("CAN_ISOTP_OPTS", isotpOptions, isotpOptions),
  /** The flow control that is sent while receiving; all 0 by default. */
  RECV_FC: option("CAN_ISOTP_RECV_FC", isotpFlowControl),
  /**
   * The nanoseconds below which received frames are ignored, with `CAN_ISOTP_FLAG.FORCE_RXSTMIN`.
   */
  RX_STMIN: option("CAN_ISOTP_RX_STMIN", uint),
  /**
   * The nanoseconds between sent frames, whatever the receiver asks for, with
   * `CAN_ISOTP_FLAG.FORCE_TXSTMIN`.
   */
  TX_STMIN: option("CAN_ISOTP_TX_STMIN", uint),
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
