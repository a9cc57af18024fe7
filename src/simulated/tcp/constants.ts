import { MILLISECOND, SECOND } from "../clock/virtual-clock.ts";

// Linux's numbers: include/net/tcp.h and include/uapi/linux/tcp.h of 6.18. Times are nanoseconds.

/** Timers tick 250 times a second: CONFIG_HZ of Debian's kernels. */
export const TICK = 4 * MILLISECOND;
/** Rounds nanoseconds up to whole ticks: usecs_to_jiffies(). */
export const inTicks = (nanoseconds: number): number => Math.ceil(nanoseconds / TICK) * TICK;
/** The most that the device cuts apart at once: GSO_LEGACY_MAX_SIZE, less MAX_TCP_HEADER and 1. */
export const GSO_MAX_SIZE = 65_536 - 321;

/** The first retransmission timeout, before a round trip was measured (RFC 6298, 2.1). */
export const TIMEOUT_INIT = SECOND;
/** The one after a lost SYN, if its acknowledgment has no timestamp (RFC 6298, 5.7). */
export const TIMEOUT_FALLBACK = 3 * SECOND;
/** What retransmissions that failed locally wait. */
export const RESOURCE_PROBE_INTERVAL = 500 * MILLISECOND;
/** The model of tcp_retries1 and tcp_retries2 starts here, whatever the round trip is. */
export const RTO_MIN = 200 * MILLISECOND;
/** What loss probes and reordering wait at least. */
export const TIMEOUT_MIN = 2 * MILLISECOND;

export const DELACK_MIN = 40 * MILLISECOND;
export const DELACK_MAX = 200 * MILLISECOND;
/** The least time that an acknowledgment waits for data to ride on. */
export const ATO_MIN = 40 * MILLISECOND;
export const MAX_QUICKACKS = 16;

export const TIMEWAIT_LENGTH = 60 * SECOND;
/** How much older a timestamp must be to be rejected at once, and when `tsRecent` expires. */
export const PAWS_WINDOW = 1;
// In milliseconds.
export const PAWS_24DAYS = 24 * 24 * 3_600_000;
export const PAWS_MSL = 60_000;

/** Duplicate acknowledgments that begin a fast retransmit. */
export const FASTRETRANS_THRESH = 3;
/** RFC 6928. */
export const INIT_CWND = 10;
export const INFINITE_SSTHRESH = 0x7fffffff;

export const MSS_DEFAULT = 536;
export const MIN_MSS = 88;
/** The least `rcvMss` that small segments count as full ones at. */
export const MIN_RCVMSS = 536;
export const MAX_WINDOW = 32_767;
export const MAX_WSCALE = 14;
export const HEADER = 20;
/** Timestamps with two NOPs before them. */
export const TSTAMP_ALIGNED = 12;
export const MAX_OPTION_SPACE = 40;
export const SACK_BASE_ALIGNED = 4;
export const SACK_PERBLOCK = 8;
/** Blocks that a receiver keeps; a segment with timestamps has room for three. */
export const NUM_SACKS = 4;

/** Values of TCP_NODELAY and TCP_CORK, and of a write that must not wait. */
export const NAGLE = { OFF: 1, CORK: 2, PUSH: 4 } as const;

/** `sk_shutdown`. */
export const SHUTDOWN = { RCV: 1, SEND: 2, BOTH: 3 } as const;
