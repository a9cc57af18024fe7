import { checkObject, int, integer } from "../../errors/argument.ts";
import type { Codec } from "../codecs.ts";

/** How the kernel interprets a packet's transmission time (SCM_TXTIME): struct sock_txtime. */
export interface TransmitTime {
  /** The clock: 0 is CLOCK_REALTIME, 1 CLOCK_MONOTONIC, 11 CLOCK_TAI. */
  readonly clockid: number;
  /** `SOF_TXTIME.DEADLINE_MODE` and `SOF_TXTIME.REPORT_ERRORS`, combined with `|`. */
  readonly flags: number;
}

/**
 * struct sock_txtime is { __kernel_clockid_t clockid; __u32 flags }
 * (include/uapi/linux/net_tstamp.h).
 */
export const transmitTime: Codec<TransmitTime> = {
  size: 8,
  decode: ({ view }) => ({ clockid: view.getInt32(0, true), flags: view.getUint32(4, true) }),
  encode(value, into) {
    checkObject("the option", "{ clockid, flags }", value);
    into.view.setInt32(0, int("clockid", value.clockid), true);
    into.view.setUint32(4, integer("flags", value.flags, 0, 0xffffffff), true);
    into.length = 8;
  },
};
