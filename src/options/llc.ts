import { flag, intBetween } from "./codecs.ts";
import { option } from "./option.ts";

/** LLC_OPT_MAX_ACK_TMR_EXP and those of the other timers. */
const seconds = intBetween(0, 60);
/** LLC_OPT_MAX_WIN. */
const window = intBetween(0, 127);

/**
 * Options of SOL_LLC (include/uapi/linux/llc.h), of connections of IEEE 802.2. In C they begin with
 * LLC_OPT_: LLC_OPT_RETRY is `LLC.OPT_RETRY`.
 */
export const LLC = {
  /** How many seconds to wait for an acknowledgement. */
  OPT_ACK_TMR_EXP: option("LLC_OPT_ACK_TMR_EXP", seconds),
  /** How many seconds a busy peer may stay busy. */
  OPT_BUSY_TMR_EXP: option("LLC_OPT_BUSY_TMR_EXP", seconds),
  /** Received messages carry their interface and addresses (LLC_OPT_PKTINFO), as bytes. */
  OPT_PKTINFO: option("LLC_OPT_PKTINFO", flag),
  /** How many seconds to wait for the answer to a poll. */
  OPT_P_TMR_EXP: option("LLC_OPT_P_TMR_EXP", seconds),
  /** How many seconds to wait for the answer to a rejection. */
  OPT_REJ_TMR_EXP: option("LLC_OPT_REJ_TMR_EXP", seconds),
  /** How often to send again: 0 to 100. */
  OPT_RETRY: option("LLC_OPT_RETRY", intBetween(0, 100)),
  /** The receive window in frames. */
  OPT_RX_WIN: option("LLC_OPT_RX_WIN", window),
  /** The largest frame in bytes: 0 to 4196. */
  OPT_SIZE: option("LLC_OPT_SIZE", intBetween(0, 4196)),
  /** The transmit window in frames. */
  OPT_TX_WIN: option("LLC_OPT_TX_WIN", window),
};
