import { rateAt } from "../codecs.ts";
import type { ReadCodec } from "../option.ts";

/**
 * TCP's state of a connection: struct tcp_info, under the C names without `tcpi_`. Times are in
 * microseconds unless noted. Fields that the running kernel lacks are undefined. 64-bit counters
 * are numbers, exact up to 2^53.
 */
export interface TcpInfo {
  /**
   * The state: 1 ESTABLISHED, 2 SYN_SENT, 3 SYN_RECV, 4 FIN_WAIT1, 5 FIN_WAIT2, 6 TIME_WAIT, 7
   * CLOSE, 8 CLOSE_WAIT, 9 LAST_ACK, 10 LISTEN, 11 CLOSING.
   */
  readonly state: number;
  /** Congestion: 0 open, 1 disorder, 2 CWR (window reduced), 3 recovery, 4 loss. */
  readonly ca_state: number;
  /** Consecutive unacknowledged retransmissions. */
  readonly retransmits: number;
  /** Unacknowledged probes of a zero window or an idle connection. */
  readonly probes: number;
  /** The number of times the retransmission timeout was doubled. */
  readonly backoff: number;
  /**
   * Negotiated options: 1 timestamps, 2 SACK, 4 window scaling, 8 ECN, 16 ECN seen, 32 data in the
   * SYN, 64 microsecond timestamps, 128 opened with Fast Open.
   */
  readonly options: number;
  /** Window scale of the peer, as a shift. */
  readonly snd_wscale: number;
  /** Our window scale, as a shift. */
  readonly rcv_wscale: number;
  /** Whether `delivery_rate` was limited by the application. */
  readonly delivery_rate_app_limited: boolean;
  /**
   * Why Fast Open failed on a client: 0 no failure or unknown, 1 no cookie, 2 data not
   * acknowledged, 3 SYN retransmitted.
   */
  readonly fastopen_client_fail: number;
  /** Retransmission timeout. */
  readonly rto: number;
  /** Delayed acknowledgement timeout. */
  readonly ato: number;
  /** The send segment size in bytes. */
  readonly snd_mss: number;
  /** The estimated receive segment size in bytes. */
  readonly rcv_mss: number;
  /**
   * Unacknowledged segments; on a listener, the connections pending in its accept queue.
   */
  readonly unacked: number;
  /** Segments acknowledged out of order; on a listener, the backlog in force. */
  readonly sacked: number;
  /** Segments presumed lost. */
  readonly lost: number;
  /** Unacknowledged retransmitted segments. */
  readonly retrans: number;
  /** Always 0 since Linux 4.15. */
  readonly fackets: number;
  /** Milliseconds since data was last sent. */
  readonly last_data_sent: number;
  /** Always 0 on Linux. */
  readonly last_ack_sent: number;
  /** Milliseconds since data last arrived. */
  readonly last_data_recv: number;
  /** Milliseconds since an acknowledgement last arrived. */
  readonly last_ack_recv: number;
  /** The path MTU in bytes. */
  readonly pmtu: number;
  /** The threshold of our receive window, in bytes. */
  readonly rcv_ssthresh: number;
  /** Round trip time, smoothed. */
  readonly rtt: number;
  /** Mean deviation of the round trip time. */
  readonly rttvar: number;
  /** The slow start threshold in segments; 2147483647 before the first loss. */
  readonly snd_ssthresh: number;
  /** The congestion window, in segments. */
  readonly snd_cwnd: number;
  /** The segment size we advertised, in bytes. */
  readonly advmss: number;
  /** The reordering distance beyond which segments count as lost. */
  readonly reordering: number;
  /** Round trip time measured on the receive side. */
  readonly rcv_rtt: number;
  /** The auto-tuned receive buffer space in bytes. */
  readonly rcv_space: number;
  /** Total segments retransmitted. */
  readonly total_retrans: number;
  /** The pacing rate in bytes per second; Infinity is unlimited. */
  readonly pacing_rate: number | undefined;
  /** The limit set by SO.MAX_PACING_RATE in bytes per second; Infinity is unlimited. */
  readonly max_pacing_rate: number | undefined;
  /** Bytes acknowledged by the peer; the SYN counts as one. */
  readonly bytes_acked: number | undefined;
  /** Bytes received in order, and acknowledged. */
  readonly bytes_received: number | undefined;
  /** Total segments sent. */
  readonly segs_out: number | undefined;
  /** Total segments received. */
  readonly segs_in: number | undefined;
  /** Unsent bytes in the send buffer. */
  readonly notsent_bytes: number | undefined;
  /** The recent minimum round trip time; 4294967295 before the first measurement. */
  readonly min_rtt: number | undefined;
  /** Total data segments received. */
  readonly data_segs_in: number | undefined;
  /** Total data segments sent. */
  readonly data_segs_out: number | undefined;
  /** The most recent delivery rate in bytes per second. */
  readonly delivery_rate: number | undefined;
  /** Time spent with data to send or awaiting acknowledgement. */
  readonly busy_time: number | undefined;
  /** Time spent limited by the peer's window. */
  readonly rwnd_limited: number | undefined;
  /** Time spent limited by the send buffer. */
  readonly sndbuf_limited: number | undefined;
  /** Total segments delivered. */
  readonly delivered: number | undefined;
  /** Delivered segments that the peer reported as congestion-marked. */
  readonly delivered_ce: number | undefined;
  /** Bytes sent, including retransmissions. */
  readonly bytes_sent: number | undefined;
  /** Bytes retransmitted. */
  readonly bytes_retrans: number | undefined;
  /** Duplicate segments reported by the peer (DSACK). */
  readonly dsack_dups: number | undefined;
  /** Reordering events seen. */
  readonly reord_seen: number | undefined;
  /** Segments that arrived out of order. */
  readonly rcv_ooopack: number | undefined;
  /** The peer's advertised window in bytes. */
  readonly snd_wnd: number | undefined;
  /** Our advertised window in bytes. */
  readonly rcv_wnd: number | undefined;
  /** Times another path was chosen. */
  readonly rehash: number | undefined;
  /** Total retransmission timeouts. */
  readonly total_rto: number | undefined;
  /** Recoveries from retransmission timeouts. */
  readonly total_rto_recoveries: number | undefined;
  /** Milliseconds spent in those recoveries. */
  readonly total_rto_time: number | undefined;
  /** Accurate ECN: segments received marked CE (congestion experienced). */
  readonly received_ce: number | undefined;
  /** Accurate ECN: bytes the peer received marked ECT(1). */
  readonly delivered_e1_bytes: number | undefined;
  /** Accurate ECN: bytes the peer received marked ECT(0). */
  readonly delivered_e0_bytes: number | undefined;
  /** Accurate ECN: bytes the peer received marked CE. */
  readonly delivered_ce_bytes: number | undefined;
  /** Accurate ECN: bytes received marked ECT(1). */
  readonly received_e1_bytes: number | undefined;
  /** Accurate ECN: bytes received marked ECT(0). */
  readonly received_e0_bytes: number | undefined;
  /** Accurate ECN: bytes received marked CE. */
  readonly received_ce_bytes: number | undefined;
  /**
   * Accurate ECN: the word after these, undecoded, since its fields differ between kernels that
   * report the same length. Linux 6.18: `tcpi_accecn_fail_mode` in its low 16 bits,
   * `tcpi_accecn_opt_seen` above; Linux 7.0: `tcpi_ecn_mode` in 2 bits, `tcpi_accecn_opt_seen` in
   * 2, `tcpi_accecn_fail_mode` in 4, `tcpi_options2` in 24.
   */
  readonly accecn_flags: number | undefined;
}

/**
 * struct tcp_info, 280 bytes in Linux 6.18 (include/uapi/linux/tcp.h); newer kernels append to it.
 */
export const TCP_INFO_SIZE = 280;

export const tcpInfo: ReadCodec<TcpInfo> = {
  size: TCP_INFO_SIZE,
  decode: ({ view, length }) => decodeTcpInfo(view, length),
};

/** @param length how many bytes the kernel filled */
export function decodeTcpInfo(view: DataView, length: number): TcpInfo {
  const u8 = (at: number) => view.getUint8(at);
  const u32 = (at: number) => view.getUint32(at, true);
  // Fields added after Linux 3.14: a kernel fills as many as it has.
  const later16 = (at: number) => (at + 2 <= length ? view.getUint16(at, true) : undefined);
  const later32 = (at: number) => (at + 4 <= length ? u32(at) : undefined);
  const later64 = (at: number) => (at + 8 <= length ? rateAt(view, at) : undefined);
  // One literal: merging two takes four times as long.
  return {
    state: u8(0),
    ca_state: u8(1),
    retransmits: u8(2),
    probes: u8(3),
    backoff: u8(4),
    options: u8(5),
    snd_wscale: u8(6) & 0xf,
    rcv_wscale: u8(6) >> 4,
    delivery_rate_app_limited: (u8(7) & 1) !== 0,
    fastopen_client_fail: (u8(7) >> 1) & 3,
    rto: u32(8),
    ato: u32(12),
    snd_mss: u32(16),
    rcv_mss: u32(20),
    unacked: u32(24),
    sacked: u32(28),
    lost: u32(32),
    retrans: u32(36),
    fackets: u32(40),
    last_data_sent: u32(44),
    last_ack_sent: u32(48),
    last_data_recv: u32(52),
    last_ack_recv: u32(56),
    pmtu: u32(60),
    rcv_ssthresh: u32(64),
    rtt: u32(68),
    rttvar: u32(72),
    snd_ssthresh: u32(76),
    snd_cwnd: u32(80),
    advmss: u32(84),
    reordering: u32(88),
    rcv_rtt: u32(92),
    rcv_space: u32(96),
    total_retrans: u32(100),
    pacing_rate: later64(104),
    max_pacing_rate: later64(112),
    bytes_acked: later64(120),
    bytes_received: later64(128),
    segs_out: later32(136),
    segs_in: later32(140),
    notsent_bytes: later32(144),
    min_rtt: later32(148),
    data_segs_in: later32(152),
    data_segs_out: later32(156),
    delivery_rate: later64(160),
    busy_time: later64(168),
    rwnd_limited: later64(176),
    sndbuf_limited: later64(184),
    delivered: later32(192),
    delivered_ce: later32(196),
    bytes_sent: later64(200),
    bytes_retrans: later64(208),
    dsack_dups: later32(216),
    reord_seen: later32(220),
    rcv_ooopack: later32(224),
    snd_wnd: later32(228),
    rcv_wnd: later32(232),
    rehash: later32(236),
    total_rto: later16(240),
    total_rto_recoveries: later16(242),
    total_rto_time: later32(244),
    received_ce: later32(248),
    delivered_e1_bytes: later32(252),
    delivered_e0_bytes: later32(256),
    delivered_ce_bytes: later32(260),
    received_e1_bytes: later32(264),
    received_e0_bytes: later32(268),
    received_ce_bytes: later32(272),
    accecn_flags: later32(276),
  };
}
