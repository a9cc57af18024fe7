/** The releases of Linux that a host can behave as: today's, and those that older systems run. */
export const LINUX_RELEASES = ["6.18", "6.6", "5.10"] as const;
export type LinuxRelease = (typeof LINUX_RELEASES)[number];

/**
 * Where the TCP of those releases differs in what programs and peers see most: not everywhere, but
 * each was read in its sources. Whatever is not listed is as in 6.18.
 */
export interface LinuxTraits {
  /** Whether a last FIN goes out even if the congestion window is full: tcp_cwnd_test(). */
  readonly finIgnoresWindow: boolean;
  /** Whether an acknowledgment of what was never sent is answered: tcp_ack(). */
  readonly challengesUnsent: boolean;
  /** The most that a connection offers at first: tcp_select_initial_window(). */
  readonly largestFirstWindow: number;
  /** What loss probes and reordering wait at least, in nanoseconds, and whether in whole ticks. */
  readonly leastTimeout: number;
  readonly leastTimeoutInTicks: boolean;
  /** Whether progress without loss lets a reduced window grow by one more: tcp_cwnd_reduction(). */
  readonly growsDuringReduction: boolean;
  /** What a buffer of the send queue costs beside its bytes: SKB_TRUESIZE() of its headers. */
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
