import { MICROSECOND, MILLISECOND } from "../clock/virtual-clock.ts";
import { pacingRate as pacingRateOf } from "./burst.ts";
import type { ControlBlock } from "./control-block.ts";
import { STATE } from "./state.ts";

// struct tcp_info of Linux 6.18 (include/uapi/linux/tcp.h), as tcp_get_info() fills it.

const SIZE = 280;
const OPTION = { TIMESTAMPS: 1, SACK: 2, WSCALE: 4, ECN: 8, ECN_SEEN: 16 } as const;
const UNLIMITED = 2 ** 64;

/**
 * The bytes of the structure. `unread` is the length of the accept queue of a listener, and `limit`
 * its backlog.
 */
export function tcpInfo(
  tcb: ControlBlock,
  listener?: { readonly length: number; readonly backlog: number },
): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer);
  const u8 = (at: number, value: number) => view.setUint8(at, value);
  const u16 = (at: number, value: number) => view.setUint16(at, value, true);
  const u32 = (at: number, value: number) => view.setUint32(at, value, true);
  const u64 = (at: number, value: number) => {
    if (value >= UNLIMITED) {
      view.setUint32(at, 0xffffffff, true);
      view.setUint32(at + 4, 0xffffffff, true);
      return;
    }
    view.setUint32(at, value % 2 ** 32, true);
    view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
  };
  const { rtt, congestion, recovery, sendQueue, statistics, window, ack, now } = tcb;
  u8(0, tcb.state);
  u64(104, pacingRateOf(tcb));
  const { pacingRate } = tcb.socket.settings;
  u64(112, pacingRate === Number.POSITIVE_INFINITY ? UNLIMITED : pacingRate);
  u32(88, recovery.reordering);
  u32(80, congestion.cwnd);
  if (tcb.state === STATE.LISTEN) {
    u32(24, listener?.length ?? 0);
    u32(28, listener?.backlog ?? 0);
    return bytes;
  }
  u8(1, recovery.state);
  u8(2, tcb.retransmits);
  u8(3, tcb.probesOut);
  u8(4, rtt.backoff);
  u8(
    5,
    (tcb.timestampsOk ? OPTION.TIMESTAMPS : 0) |
      (tcb.sackOk ? OPTION.SACK : 0) |
      (tcb.windowScalingOk ? OPTION.WSCALE : 0) |
      (tcb.ecnOk ? OPTION.ECN : 0) |
      (tcb.ecnSeen ? OPTION.ECN_SEEN : 0),
  );
  u8(6, tcb.windowScalingOk ? tcb.sndWscale | (tcb.rcvWscale << 4) : 0);
  u32(8, rtt.rto / MICROSECOND);
  u32(12, ack.ato / MICROSECOND);
  u32(16, tcb.mssCache);
  u32(20, ack.rcvMss);
  u32(24, sendQueue.packetsOut);
  u32(28, sendQueue.sackedOut);
  u32(32, sendQueue.lostOut);
  u32(36, sendQueue.retransOut);
  const since = (at: number) => Math.floor((now - at) / MILLISECOND);
  u32(44, since(tcb.lsndTime));
  u32(52, since(ack.lastReceived));
  u32(56, since(tcb.rcvTstamp));
  u32(60, tcb.pmtu);
  u32(64, window.threshold);
  u32(68, Math.floor(rtt.smoothed / 8));
  u32(72, Math.floor(rtt.deviation / 4));
  u32(76, congestion.ssthresh);
  u32(84, tcb.advmss);
  u32(92, Math.floor(window.tuning.rtt / 8));
  u32(96, window.space);
  u32(100, statistics.trouble.totalRetrans);
  u64(120, statistics.bytesAcked);
  u64(128, statistics.data.bytesReceived);
  u32(136, statistics.segsOut);
  u32(140, statistics.segsIn);
  u32(144, Math.max(0, (tcb.writeSeq - tcb.sndNxt) | 0));
  u32(148, rtt.minimum === 0 ? 0xffffffff : rtt.minimum);
  u32(152, statistics.data.dataSegsIn);
  u32(156, statistics.data.dataSegsOut);
  u64(160, deliveryRate(tcb));
  u64(168, Math.floor((tcb.chronograph?.spent("busy", now) ?? 0) / MICROSECOND));
  u64(176, Math.floor((tcb.chronograph?.spent("peer's window", now) ?? 0) / MICROSECOND));
  u64(184, Math.floor((tcb.chronograph?.spent("send buffer", now) ?? 0) / MICROSECOND));
  u32(192, statistics.delivered);
  u32(196, statistics.trouble.deliveredCe);
  u64(200, statistics.data.bytesSent);
  u64(208, statistics.trouble.bytesRetrans);
  u32(216, statistics.trouble.dsackDups);
  u32(220, recovery.reorderingSeen);
  u32(224, statistics.trouble.receivedOutOfOrder);
  u32(228, tcb.sndWnd);
  u32(232, window.offered);
  u16(240, statistics.trouble.totalRto);
  u16(242, statistics.trouble.totalRtoRecoveries);
  u32(244, statistics.trouble.totalRtoTime);
  return bytes;
}

/** Bytes per second of the last sample. */
function deliveryRate({ statistics, mssCache }: ControlBlock): number {
  const { rateDelivered, rateInterval } = statistics;
  return rateInterval === 0 ? 0 : Math.floor((rateDelivered * mssCache * 1e6) / rateInterval);
}
