import type { SackBlock } from "../ip/packet.ts";
import { type AckOutcome, FLAG } from "./ack-outcome.ts";
import type { ControlBlock } from "./control-block.ts";
import { rackAdvance } from "./rack.ts";
import { CA } from "./recovery-state.ts";
import { MARK, type QueuedSegment } from "./send-queue.ts";
import { add, after, before, distance, fromPacket } from "./sequence.ts";

// The scoreboard: which segments the peer has, as its SACK blocks say (RFC 2018, RFC 2883).

/** The end of the highest sacked segment: tcp_highest_sack_seq(). */
export const highestSack = ({ sendQueue, recovery, sndUna }: ControlBlock): number =>
  sendQueue.sackedOut === 0 ? sndUna : recovery.highestSack;

/** Marks what the blocks of an acknowledgment report: tcp_sacktag_write_queue(). */
export function tagSacks(
  tcb: ControlBlock,
  blocks: readonly SackBlock[],
  acknowledgment: number,
  priorUna: number,
  outcome: AckOutcome,
): void {
  const { sendQueue, recovery } = tcb;
  outcome.reordered = tcb.sndNxt;
  const duplicate = isDuplicateReport(tcb, blocks, acknowledgment, priorUna, outcome);
  if (before(acknowledgment, add(priorUna, -tcb.maxWindow))) return;
  if (sendQueue.packetsOut === 0) return;
  if (sendQueue.sackedOut === 0) recovery.highestSack = tcb.sndUna;
  for (const [index, block] of blocks.entries()) {
    const left = fromPacket(block.left);
    const right = fromPacket(block.right);
    const isDuplicate = index === 0 && duplicate;
    if (!isValid(tcb, isDuplicate, left, right) || !after(right, priorUna)) continue;
    tagBlock(tcb, left, right, isDuplicate, outcome);
  }
  if (recovery.state !== CA.LOSS || recovery.undoMarker !== 0) noteReordering(tcb, outcome.reordered);
}

function tagBlock(
  tcb: ControlBlock,
  left: number,
  right: number,
  duplicate: boolean,
  outcome: AckOutcome,
): void {
  const { sendQueue, recovery } = tcb;
  // New blocks mostly extend the highest one: begin there, at the other end of the queue.
  let segment = sendQueue.firstSent;
  if (sendQueue.sackedOut > 0 && !before(left, recovery.highestSack)) {
    segment = sendQueue.lastSent;
    while (segment?.previous !== undefined && after(segment.sequence, left)) segment = segment.previous;
  }
  for (; segment !== undefined && segment !== sendQueue.sendHead; segment = segment.next) {
    if (!before(segment.sequence, right)) break;
    if (before(segment.sequence, left) || after(segment.end, right)) continue;
    tag(tcb, segment, duplicate, outcome);
  }
}

/** tcp_sacktag_one(). */
function tag(tcb: ControlBlock, segment: QueuedSegment, duplicate: boolean, outcome: AckOutcome): void {
  const { sendQueue, recovery } = tcb;
  const { sequence, end, sentAt } = segment;
  const retransmitted = (segment.marks & (MARK.RETRANS | MARK.EVER_RETRANS)) !== 0;
  if (duplicate && retransmitted) {
    if (recovery.undoMarker !== 0 && recovery.undoRetrans > 0 && after(end, recovery.undoMarker))
      recovery.undoRetrans -= 1;
    if ((segment.marks & MARK.SACKED) !== 0 && before(sequence, outcome.reordered))
      outcome.reordered = sequence;
  }
  if (!after(end, tcb.sndUna)) return;
  if ((segment.marks & MARK.SACKED) === 0) {
    rackAdvance(tcb, segment.marks, end, sentAt);
    if ((segment.marks & MARK.RETRANS) !== 0) {
      if ((segment.marks & MARK.LOST) !== 0) {
        segment.marks &= ~(MARK.LOST | MARK.RETRANS);
        sendQueue.lostOut -= 1;
        sendQueue.retransOut -= 1;
      }
    } else {
      if (!retransmitted) noteOriginal(tcb, segment, outcome);
      if ((segment.marks & MARK.LOST) !== 0) {
        segment.marks &= ~MARK.LOST;
        sendQueue.lostOut -= 1;
      }
    }
    segment.marks |= MARK.SACKED;
    outcome.flags |= FLAG.DATA_SACKED;
    outcome.sackDelivered += 1;
    outcome.priorDelivered = Math.max(outcome.priorDelivered, segment.deliveredBefore);
    outcome.priorSentAt = sentAt;
    if (sendQueue.sackedOut === 0 || after(end, recovery.highestSack)) recovery.highestSack = end;
    sendQueue.sackedOut += 1;
    sendQueue.removeFromSentOrder(segment);
  }
  if (duplicate && (segment.marks & MARK.RETRANS) !== 0) {
    segment.marks &= ~MARK.RETRANS;
    sendQueue.retransOut -= 1;
  }
}

/** Sacked without having been sent again: if it lay in a hole, packets were reordered. */
function noteOriginal(
  tcb: ControlBlock,
  { sequence, end, sentAt }: QueuedSegment,
  outcome: AckOutcome,
): void {
  if (before(sequence, highestSack(tcb)) && before(sequence, outcome.reordered)) outcome.reordered = sequence;
  if (!after(end, tcb.recovery.highSeq)) outcome.flags |= FLAG.ORIG_SACK_ACKED;
  if (outcome.firstSackedAt < 0) outcome.firstSackedAt = sentAt;
  outcome.lastSackedAt = sentAt;
}

/** Whether the first block is a DSACK: tcp_check_dsack(). */
function isDuplicateReport(
  tcb: ControlBlock,
  blocks: readonly SackBlock[],
  acknowledgment: number,
  priorUna: number,
  outcome: AckOutcome,
): boolean {
  const { recovery } = tcb;
  const [first, second] = blocks;
  if (first === undefined) return false;
  if (!before(first.left, acknowledgment)) {
    if (second === undefined || after(first.right, second.right) || before(first.left, second.left))
      return false;
  }
  const segments = noteDuplicate(tcb, first, outcome);
  if (segments === 0) return false;
  if (
    recovery.undoMarker !== 0 &&
    recovery.undoRetrans > 0 &&
    !after(first.right, priorUna) &&
    after(first.right, recovery.undoMarker)
  )
    recovery.undoRetrans = Math.max(0, recovery.undoRetrans - segments);
  return true;
}

/** Counts the segments of a DSACK; 0 if it is implausible: tcp_dsack_seen(). */
function noteDuplicate(tcb: ControlBlock, block: SackBlock, outcome: AckOutcome): number {
  const left = fromPacket(block.left);
  const right = fromPacket(block.right);
  const { recovery, statistics } = tcb;
  const length = distance(left, right);
  if (length < 0 || length > tcb.maxWindow) return 0;
  let segments = 1;
  if (length > tcb.mssCache) segments = Math.ceil(length / tcb.mssCache);
  else if (recovery.tlpHighSeq !== 0 && recovery.tlpHighSeq === right) outcome.flags |= FLAG.DSACK_TLP;
  const trouble = statistics.countTrouble();
  trouble.dsackDups += segments;
  if (trouble.dsackDups > trouble.totalRetrans) return 0;
  if (recovery.reorderingSeen > 0 && (outcome.flags & FLAG.DSACK_TLP) === 0) recovery.rackDsackSeen = true;
  outcome.flags |= FLAG.DSACKING_ACK;
  outcome.sackDelivered += segments;
  return segments;
}

/** tcp_is_sackblock_valid(). */
function isValid(tcb: ControlBlock, duplicate: boolean, left: number, right: number): boolean {
  const { undoMarker } = tcb.recovery;
  if (after(right, tcb.sndNxt) || !before(left, right) || !before(left, tcb.sndNxt)) return false;
  if (after(left, tcb.sndUna)) return true;
  if (!duplicate || undoMarker === 0 || after(right, tcb.sndUna)) return false;
  if (!before(left, undoMarker)) return true;
  return after(right, undoMarker) && !before(left, add(right, -tcb.maxWindow));
}

/** Segments arrived in another order: expect more of that. tcp_check_sack_reordering(). */
export function noteReordering(tcb: ControlBlock, low: number): void {
  const { recovery, mssCache } = tcb;
  const high = highestSack(tcb);
  if (!before(low, high)) return;
  const metric = distance(low, high);
  if (mssCache > 0 && metric > recovery.reordering * mssCache) {
    const most = tcb.host.sysctls.get("net.ipv4.tcp_max_reordering");
    recovery.reordering = Math.min(Math.ceil(metric / mssCache), most);
  }
  recovery.reorderingSeen += 1;
}
