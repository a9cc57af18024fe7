import { TCP_FLAG } from "../ip/packet.ts";
import { add } from "./sequence.ts";

/**
 * The state of a segment according to the peer or loss detection: TCPCB_ bits of struct tcp_skb_cb.
 */
export const MARK = {
  /** The peer has it (SACK). */
  SACKED: 1,
  /** It was retransmitted, and that retransmission is on its way. */
  RETRANS: 2,
  LOST: 4,
  /** It was retransmitted at some time. */
  EVER_RETRANS: 0x80,
} as const;

/** A segment to send, or sent and not yet acknowledged: Linux's struct sk_buff. */
export class QueuedSegment {
  sequence: number;
  /** The sequence number after it; SYN and FIN count as one each. */
  end: number;
  /** TCP_FLAG. */
  flags: number;
  data: Uint8Array;
  /** MARK. */
  marks = 0;
  /** When it was last sent, in nanoseconds; -1 before. */
  sentAt = -1;
  /** TCP_INFO's `delivered` when it was sent: tells whether a round trip has passed. */
  deliveredBefore = 0;
  /** A larger buffer that `data` begins, if it was appended to. */
  spare: Uint8Array | undefined = undefined;
  /**
   * What the kernel's buffer around it costs. A buffer holds many segments; the first of them bears
   * the cost, so that it also tells where a buffer begins.
   */
  overhead = 0;
  /** Whether it was sent in one burst with the segment before it: in Linux, in one sk_buff. */
  joins = false;
  /** Whether its last byte is the last of a send() that SO_TIMESTAMPING reports. */
  isReported = false;
  /** MSG_EOR: nothing may be appended to it. */
  endOfRecord = false;
  next: QueuedSegment | undefined = undefined;
  previous: QueuedSegment | undefined = undefined;
  /** Neighbours in the order of sending, for RACK: those on their way and not marked lost. */
  sentNext: QueuedSegment | undefined = undefined;
  sentPrevious: QueuedSegment | undefined = undefined;
  inSentOrder = false;

  constructor(sequence: number, flags: number, data: Uint8Array) {
    this.sequence = sequence;
    this.flags = flags;
    this.data = data;
    this.end = add(sequence, data.length + ((flags & (TCP_FLAG.SYN | TCP_FLAG.FIN)) === 0 ? 0 : 1));
  }

  get length(): number {
    return this.data.length;
  }
}

/**
 * The segments of a connection from `sndUna` on, in order. Those before `sendHead` were sent: they
 * are the retransmission queue. The others are the write queue.
 */
export class SendQueue {
  head: QueuedSegment | undefined = undefined;
  tail: QueuedSegment | undefined = undefined;
  /** The first that was never sent. */
  sendHead: QueuedSegment | undefined = undefined;
  /** The oldest and newest in the order of sending. */
  oldest: QueuedSegment | undefined = undefined;
  newest: QueuedSegment | undefined = undefined;
  /** Where retransmission of lost segments goes on: retransmit_skb_hint. */
  retransmitHint: QueuedSegment | undefined = undefined;
  /** sk_wmem_queued: what SO_SNDBUF limits. */
  memory = 0;
  /** Where the buffer begins that the last segment is in. */
  bufferStart = 0;
  /** Segments sent and not acknowledged, and how many of these are sacked, lost, retransmitted. */
  packetsOut = 0;
  sackedOut = 0;
  lostOut = 0;
  retransOut = 0;

  /** RFC 6675's pipe, as Linux counts it: tcp_packets_in_flight(). */
  get inFlight(): number {
    return this.packetsOut - this.sackedOut - this.lostOut + this.retransOut;
  }

  /** The last of the retransmission queue. */
  get lastSent(): QueuedSegment | undefined {
    return this.sendHead === undefined ? this.tail : this.sendHead.previous;
  }

  /** The first of the retransmission queue. */
  get firstSent(): QueuedSegment | undefined {
    return this.head === this.sendHead ? undefined : this.head;
  }

  get isEmpty(): boolean {
    return this.head === undefined;
  }

  append(segment: QueuedSegment): void {
    segment.previous = this.tail;
    if (this.tail === undefined) this.head = segment;
    else this.tail.next = segment;
    this.tail = segment;
    if (this.sendHead === undefined) this.sendHead = segment;
    this.memory += trueSize(segment);
  }

  /** Takes a segment out; its marks are no longer counted. */
  remove(segment: QueuedSegment): void {
    const { next, previous } = segment;
    if (previous === undefined) this.head = next;
    else previous.next = next;
    if (next === undefined) this.tail = previous;
    else next.previous = previous;
    if (this.sendHead === segment) this.sendHead = next;
    if (this.retransmitHint === segment) this.retransmitHint = undefined;
    this.removeFromSentOrder(segment);
    this.memory -= trueSize(segment);
  }

  /** The first unsent segment was sent. */
  advanceSendHead(): void {
    const sent = this.sendHead;
    if (sent === undefined) return;
    this.sendHead = sent.next;
    this.packetsOut += 1;
  }

  /** Cuts a segment in two, the first of `length` bytes: tcp_fragment(). Returns the second. */
  split(segment: QueuedSegment, length: number): QueuedSegment {
    const rest = new QueuedSegment(
      add(segment.sequence, length),
      segment.flags & ~TCP_FLAG.SYN,
      segment.data.subarray(length),
    );
    // PSH and FIN belong to the end.
    segment.flags &= ~(TCP_FLAG.FIN | TCP_FLAG.PSH);
    this.memory -= trueSize(segment);
    segment.data = segment.data.subarray(0, length);
    this.memory += trueSize(segment) + trueSize(rest);
    segment.end = rest.sequence;
    segment.spare = undefined;
    rest.marks = segment.marks;
    rest.sentAt = segment.sentAt;
    rest.deliveredBefore = segment.deliveredBefore;
    rest.endOfRecord = segment.endOfRecord;
    segment.endOfRecord = false;
    rest.previous = segment;
    rest.next = segment.next;
    if (segment.next === undefined) this.tail = rest;
    else segment.next.previous = rest;
    segment.next = rest;
    if (rest.sentAt >= 0 && this.sendHead !== segment) this.#countSplit(segment, rest);
    return rest;
  }

  /** Appends the next segment to one, both of them unsent. */
  join(segment: QueuedSegment, next: QueuedSegment): void {
    const data = new Uint8Array(segment.length + next.length);
    data.set(segment.data);
    data.set(next.data, segment.length);
    this.remove(next);
    this.memory += next.length;
    segment.data = data;
    segment.spare = undefined;
    segment.end = next.end;
    segment.flags |= next.flags;
    segment.isReported ||= next.isReported;
    segment.endOfRecord = next.endOfRecord;
  }

  #countSplit(segment: QueuedSegment, rest: QueuedSegment): void {
    this.packetsOut += 1;
    if ((rest.marks & MARK.SACKED) !== 0) this.sackedOut += 1;
    if ((rest.marks & MARK.LOST) !== 0) this.lostOut += 1;
    if ((rest.marks & MARK.RETRANS) !== 0) this.retransOut += 1;
    if (!segment.inSentOrder) return;
    rest.inSentOrder = true;
    rest.sentPrevious = segment;
    rest.sentNext = segment.sentNext;
    if (segment.sentNext === undefined) this.newest = rest;
    else segment.sentNext.sentPrevious = rest;
    segment.sentNext = rest;
  }

  /** Puts a segment at the end of the order of sending. */
  noteSent(segment: QueuedSegment): void {
    this.removeFromSentOrder(segment);
    segment.inSentOrder = true;
    segment.sentPrevious = this.newest;
    if (this.newest === undefined) this.oldest = segment;
    else this.newest.sentNext = segment;
    this.newest = segment;
  }

  removeFromSentOrder(segment: QueuedSegment): void {
    if (!segment.inSentOrder) return;
    const { sentNext, sentPrevious } = segment;
    if (sentPrevious === undefined) this.oldest = sentNext;
    else sentPrevious.sentNext = sentNext;
    if (sentNext === undefined) this.newest = sentPrevious;
    else sentNext.sentPrevious = sentPrevious;
    segment.sentNext = undefined;
    segment.sentPrevious = undefined;
    segment.inSentOrder = false;
  }

  /** Appends bytes to the last segment, which was not sent yet. */
  extendTail(tail: QueuedSegment, data: Uint8Array, by: number): void {
    tail.data = data;
    tail.end = add(tail.end, by);
    this.memory += by;
  }

  /** A buffer begins with a segment. */
  beginBuffer(segment: QueuedSegment, overhead: number): void {
    segment.overhead = overhead;
    this.memory += overhead;
  }

  /** Drops the first bytes of a segment, which were acknowledged: tcp_trim_head(). */
  trimHead(segment: QueuedSegment, by: number): void {
    const bytes = Math.min(by, segment.length);
    segment.data = segment.data.subarray(bytes);
    segment.sequence = add(segment.sequence, by);
    this.memory -= bytes;
  }

  /** Forgets every segment: tcp_write_queue_purge(). */
  clear(): void {
    this.head = undefined;
    this.tail = undefined;
    this.sendHead = undefined;
    this.oldest = undefined;
    this.newest = undefined;
    this.retransmitHint = undefined;
    this.memory = 0;
    this.packetsOut = 0;
    this.sackedOut = 0;
    this.lostOut = 0;
    this.retransOut = 0;
  }
}

const trueSize = ({ overhead, data }: QueuedSegment): number => overhead + data.length;
