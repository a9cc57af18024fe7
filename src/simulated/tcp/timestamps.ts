import type { TcpSegment } from "../ip/packet.ts";
import { PAWS_24DAYS, PAWS_MSL, PAWS_WINDOW } from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";
import { mayUpdateWindow } from "./send-window.ts";
import { after, before, fromPacket } from "./sequence.ts";

// Timestamps and protection against wrapped sequence numbers (RFC 7323, 5).

/** Notes the timestamps of a segment that arrived. */
export function readTimestamps(tcb: ControlBlock, { options }: TcpSegment): void {
  const { timestamps } = options;
  tcb.sawTimestamp = timestamps !== undefined && tcb.timestampsOk;
  if (timestamps === undefined) return;
  tcb.rcvTsval = fromPacket(timestamps.value);
  tcb.rcvTsecr = timestamps.echo === 0 ? 0 : (timestamps.echo - tcb.tsOffset) >>> 0;
}

/** Keeps the timestamp to echo: tcp_store_ts_recent(). */
export function storeTimestamp(tcb: ControlBlock): void {
  tcb.tsRecent = tcb.rcvTsval;
  tcb.tsRecentAt = tcb.milliseconds;
}

/** Of a segment that does not leave a gap, if its timestamp is not old: tcp_replace_ts_recent(). */
export function replaceTimestamp(tcb: ControlBlock, sequence: number): void {
  if (tcb.sawTimestamp && !after(sequence, tcb.rcvNxt) && isFresh(tcb, 0)) storeTimestamp(tcb);
}

/** tcp_paws_check(): not older than the last one, or that one is too old to compare. */
function isFresh({ tsRecent, rcvTsval, tsRecentAt, milliseconds }: ControlBlock, window: number): boolean {
  if (((tsRecent - rcvTsval) | 0) <= window) return true;
  if (milliseconds - tsRecentAt >= PAWS_24DAYS) return true;
  return tsRecent === 0;
}

/**
 * Whether a segment is from an earlier round of the sequence space: the PAWS check of
 * tcp_validate_incoming(). A pure acknowledgment that newer data overtook is "late".
 */
export function checkAge(tcb: ControlBlock, segment: TcpSegment, end: number): "new" | "late" | "old" {
  if (isFresh(tcb, PAWS_WINDOW)) return "new";
  const sequence = fromPacket(segment.sequence);
  if (sequence !== end) return "old";
  if (before(sequence, tcb.rcvNxt)) return "late";
  return isDisordered(tcb, segment, sequence) ? "new" : "old";
}

/** Pure acknowledgments may overtake each other: tcp_disordered_ack_check(). */
function isDisordered(tcb: ControlBlock, segment: TcpSegment, sequence: number): boolean {
  const acknowledgment = fromPacket(segment.acknowledgment);
  return (
    sequence === tcb.rcvNxt &&
    acknowledgment === tcb.sndUna &&
    !mayUpdateWindow(tcb, acknowledgment, sequence, segment.window << tcb.sndWscale) &&
    ((tcb.tsRecent - tcb.rcvTsval) | 0) <= mostReplayed(tcb)
  );
}

/** By how much the peer's clock advances in a timeout, at up to 1200 Hz: tcp_tsval_replay(). */
const mostReplayed = ({ rtt }: ControlBlock): number => Math.floor((rtt.rto * 1_200) / 1e9);

/** tcp_paws_reject() of connections that are not yet, or no longer, established. */
export function rejectsTimestamp(
  recent: { readonly tsRecent: number; readonly tsRecentAt: number },
  value: number,
  milliseconds: number,
  reset: boolean,
): boolean {
  if (((recent.tsRecent - value) | 0) <= 0) return false;
  if (milliseconds - recent.tsRecentAt >= PAWS_24DAYS || recent.tsRecent === 0) return false;
  // A host that rebooted may have a smaller clock: believe its RST after a while.
  return !(reset && milliseconds - recent.tsRecentAt >= PAWS_MSL);
}
