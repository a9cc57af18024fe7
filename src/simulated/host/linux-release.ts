/** The releases of Linux that a host can emulate: the current one, and those of older systems. */
export const LINUX_RELEASES = ["6.18", "6.6", "5.10"] as const;
export type LinuxRelease = (typeof LINUX_RELEASES)[number];

/**
 * The most visible differences in the TCP of those releases, each read in the sources. The list is
 * not complete; everything else is as in 6.18.
 */
export interface LinuxTraits {
  /** Whether a last FIN goes out even if the congestion window is full: tcp_cwnd_test(). */
  readonly finIgnoresWindow: boolean;
  /** Whether an acknowledgment of data never sent is answered: tcp_ack(). */
  readonly challengesUnsent: boolean;
  /** Whether an acknowledgment overtaken by data is dropped unanswered: tcp_validate_incoming(). */
  readonly dropsLateAcks: boolean;
  /** The largest initial window: tcp_select_initial_window(). */
  readonly largestFirstWindow: number;
  /**
   * The minimum delay of loss probes and reordering in nanoseconds, and whether it is in whole
   * ticks.
   */
  readonly leastTimeout: number;
  readonly leastTimeoutInTicks: boolean;
  /** Whether progress without loss lets a reduced window grow by one more: tcp_cwnd_reduction(). */
  readonly growsDuringReduction: boolean;
  /** The cost of a send queue buffer in addition to its bytes: SKB_TRUESIZE() of its headers. */
  readonly bufferOverhead: number;
  /** Whether bursts over short distances may be larger: tcp_tso_autosize(). */
  readonly burstsByDistance: boolean;
  /** Whether a burst goes on in the next buffer if one is too short: tcp_grow_skb(). */
  readonly burstsAcrossBuffers: boolean;
  /** Whether a burst waits only if the next acknowledgment is near: tcp_tso_should_defer(). */
  readonly defersForNearAcks: boolean;
}

const MILLISECOND = 1e6;

export const linuxTraits: Readonly<Record<LinuxRelease, LinuxTraits>> = {
  "6.18": {
    finIgnoresWindow: false,
    challengesUnsent: true,
    dropsLateAcks: true,
    largestFirstWindow: Number.POSITIVE_INFINITY,
    leastTimeout: 2 * MILLISECOND,
    leastTimeoutInTicks: false,
    growsDuringReduction: true,
    bufferOverhead: 832,
    burstsByDistance: true,
    burstsAcrossBuffers: true,
    defersForNearAcks: true,
  },
  "6.6": {
    finIgnoresWindow: true,
    challengesUnsent: false,
    dropsLateAcks: false,
    largestFirstWindow: 0xffff,
    leastTimeout: 2 * MILLISECOND,
    leastTimeoutInTicks: false,
    growsDuringReduction: true,
    bufferOverhead: 832,
    burstsByDistance: true,
    burstsAcrossBuffers: false,
    defersForNearAcks: true,
  },
  "5.10": {
    finIgnoresWindow: true,
    challengesUnsent: false,
    dropsLateAcks: false,
    largestFirstWindow: 0xffff,
    // Two ticks of CONFIG_HZ=250.
    leastTimeout: 8 * MILLISECOND,
    leastTimeoutInTicks: true,
    growsDuringReduction: false,
    // Headers come from kmalloc-1k.
    bufferOverhead: 1_280,
    burstsByDistance: false,
    burstsAcrossBuffers: false,
    defersForNearAcks: false,
  },
};
