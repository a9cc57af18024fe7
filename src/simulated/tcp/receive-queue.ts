import { add, after, before, distance } from "./sequence.ts";

/** Bytes that arrived, and the FIN after them. */
export class ReceivedSegment {
  sequence: number;
  data: Uint8Array;
  readonly fin: boolean;
  next: ReceivedSegment | undefined = undefined;
  previous: ReceivedSegment | undefined = undefined;

  constructor(sequence: number, data: Uint8Array, fin: boolean) {
    this.sequence = sequence;
    this.data = data;
    this.fin = fin;
  }

  /** The sequence number after it. */
  get end(): number {
    return add(this.sequence, this.data.length + (this.fin ? 1 : 0));
  }
}

/** A range of sequence numbers that arrived twice. */
export type OnDuplicate = (left: number, right: number) => void;

/**
 * Received data: bytes in order, for the program to read, and the out-of-order queue, sorted and
 * without overlaps, which waits for gaps to be filled.
 */
export class ReceiveQueue {
  head: ReceivedSegment | undefined = undefined;
  #tail: ReceivedSegment | undefined = undefined;
  #firstOutOfOrder: ReceivedSegment | undefined = undefined;
  #lastOutOfOrder: ReceivedSegment | undefined = undefined;
  /** sk_rmem_alloc: what SO_RCVBUF limits. It counts memory, not bytes. */
  memory = 0;
  #outOfOrderMemory = 0;

  get isEmpty(): boolean {
    return this.head === undefined;
  }

  get hasGap(): boolean {
    return this.#firstOutOfOrder !== undefined;
  }

  /** Appends bytes in order. */
  append(segment: ReceivedSegment): void {
    this.memory += trueSize(segment.data.length);
    this.#append(segment);
  }

  #append(segment: ReceivedSegment): void {
    segment.next = undefined;
    segment.previous = this.#tail;
    if (this.#tail === undefined) this.head = segment;
    else this.#tail.next = segment;
    this.#tail = segment;
  }

  /** The first segment was read to its end. */
  removeHead(): void {
    const { head } = this;
    if (head === undefined) return;
    this.head = head.next;
    if (this.head === undefined) {
      this.#tail = undefined;
      this.memory = this.#outOfOrderMemory;
    } else {
      this.head.previous = undefined;
      this.memory -= trueSize(head.data.length);
      if (this.memory < this.#outOfOrderMemory) this.memory = this.#outOfOrderMemory;
    }
  }

  /**
   * Files a segment beyond a gap: tcp_data_queue_ofo(). Bytes that are here already are kept, and
   * reported as duplicates. Returns false if it brought nothing new.
   */
  insert(segment: ReceivedSegment, onDuplicate: OnDuplicate): boolean {
    let previous = this.#lastOutOfOrder;
    while (previous !== undefined && before(segment.sequence, previous.sequence))
      previous = previous.previous;
    if (previous !== undefined && before(segment.sequence, previous.end)) {
      if (!after(segment.end, previous.end)) {
        onDuplicate(segment.sequence, segment.end);
        return false;
      }
      onDuplicate(segment.sequence, previous.end);
      if (previous.sequence === segment.sequence) {
        const { previous: before } = previous;
        this.#removeOutOfOrder(previous);
        previous = before;
      } else {
        trimHead(segment, previous.end);
      }
    }
    const { end } = segment;
    for (;;) {
      const next = previous === undefined ? this.#firstOutOfOrder : previous.next;
      if (next === undefined || !after(end, next.sequence)) break;
      if (before(end, next.end)) {
        onDuplicate(next.sequence, end);
        segment = withoutTail(segment, next.sequence);
        break;
      }
      onDuplicate(next.sequence, next.end);
      this.#removeOutOfOrder(next);
    }
    // Its neighbours may have all of it between them.
    if (segment.end === segment.sequence) return false;
    this.#insertAfter(previous, segment);
    return true;
  }

  #insertAfter(previous: ReceivedSegment | undefined, segment: ReceivedSegment): void {
    const next = previous === undefined ? this.#firstOutOfOrder : previous.next;
    segment.previous = previous;
    segment.next = next;
    if (previous === undefined) this.#firstOutOfOrder = segment;
    else previous.next = segment;
    if (next === undefined) this.#lastOutOfOrder = segment;
    else next.previous = segment;
    this.#charge(trueSize(segment.data.length));
  }

  #removeOutOfOrder(segment: ReceivedSegment): void {
    const { next, previous } = segment;
    if (previous === undefined) this.#firstOutOfOrder = next;
    else previous.next = next;
    if (next === undefined) this.#lastOutOfOrder = previous;
    else next.previous = previous;
    this.#charge(-trueSize(segment.data.length));
  }

  #charge(memory: number): void {
    this.memory += memory;
    this.#outOfOrderMemory += memory;
  }

  /**
   * Takes the next segment of the out-of-order queue that `rcvNxt` has reached: tcp_ofo_queue().
   * Bytes before `rcvNxt` are duplicates. The caller appends it.
   */
  takeReached(rcvNxt: number, onDuplicate: OnDuplicate): ReceivedSegment | undefined {
    for (let first = this.#firstOutOfOrder; first !== undefined; first = this.#firstOutOfOrder) {
      if (after(first.sequence, rcvNxt)) return undefined;
      this.#removeOutOfOrder(first);
      if (before(first.sequence, rcvNxt)) {
        onDuplicate(first.sequence, before(first.end, rcvNxt) ? first.end : rcvNxt);
        if (!after(first.end, rcvNxt)) continue;
        trimHead(first, rcvNxt);
      }
      return first;
    }
    return undefined;
  }

  /** Forgets what lies beyond gaps: after a FIN nothing may, and memory may be short. */
  clearOutOfOrder(): void {
    this.#firstOutOfOrder = undefined;
    this.#lastOutOfOrder = undefined;
    this.memory -= this.#outOfOrderMemory;
    this.#outOfOrderMemory = 0;
  }

  /** Forgets everything. */
  clear(): void {
    this.clearOutOfOrder();
    this.head = undefined;
    this.#tail = undefined;
    this.memory = 0;
  }

  /**
   * Packs small segments into full pages, which frees what their headers cost: tcp_collapse(). Here
   * only the memory that is charged changes.
   */
  collapse(): void {
    this.#outOfOrderMemory = packed(this.#firstOutOfOrder, this.#outOfOrderMemory);
    this.memory = packed(this.head, this.memory - this.#outOfOrderMemory) + this.#outOfOrderMemory;
  }
}

/** Shared by connections on which nothing has arrived; nothing is ever added to it. */
export const EMPTY_RECEIVE_QUEUE = new ReceiveQueue();

function packed(first: ReceivedSegment | undefined, charged: number): number {
  let bytes = 0;
  for (let segment = first; segment !== undefined; segment = segment.next) bytes += segment.data.length;
  const pages = Math.ceil(bytes / 3776);
  return Math.min(charged, bytes + pages * 576);
}

function trimHead(segment: ReceivedSegment, to: number): void {
  segment.data = segment.data.subarray(distance(segment.sequence, to));
  segment.sequence = to;
}

/** Without the bytes from `end` on. */
const withoutTail = ({ sequence, data }: ReceivedSegment, end: number): ReceivedSegment =>
  new ReceivedSegment(sequence, data.subarray(0, distance(sequence, end)), false);

/**
 * What the kernel charges for a received segment: struct sk_buff, the headers, and the size class
 * of kmalloc() that the data fits in.
 */
export function trueSize(bytes: number): number {
  const needed = bytes + 128 + 320;
  // The next power of two, at least 512.
  if (needed <= 4096) return 256 + (1 << Math.max(9, 32 - Math.clz32(needed - 1)));
  return 256 + 512 + Math.ceil(bytes / 4096) * 4096;
}
