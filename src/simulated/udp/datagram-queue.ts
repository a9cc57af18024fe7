import type { Arrival } from "../host/ip-controls.ts";
import type { UdpDatagram } from "../ip/packet.ts";

/** A datagram that waits to be received. */
export interface QueuedDatagram extends Arrival {
  datagram: UdpDatagram;
  /** What it counts against the receive buffer. */
  truesize: number;
  /** When it arrived. */
  readonly at: number;
  /** With UDP_GRO, the length of each datagram that was joined into this one; 0 if none was. */
  segment: number;
}

/**
 * sizeof(struct sk_buff), sizeof(struct skb_shared_info), and the headroom of a loopback packet.
 */
const SK_BUFF = 256;
const SHARED_INFO = 320;
const HEADROOM = 60;
/** SKB_SMALL_HEAD_SIZE. */
const SMALL_HEAD = 576;

/** The memory of a datagram as Linux counts it: SKB_TRUESIZE() of a kmalloc() bucket. */
export function truesizeOf(length: number): number {
  const needed = length + HEADROOM + SHARED_INFO;
  return (needed <= SMALL_HEAD ? SMALL_HEAD : 2 ** Math.ceil(Math.log2(needed))) + SK_BUFF;
}

/**
 * The datagrams that a socket has received, within its receive buffer
 * (__udp_enqueue_schedule_skb()).
 */
export class DatagramQueue {
  readonly #datagrams: QueuedDatagram[] = [];
  #head = 0;
  #allocated = 0;
  /** Datagrams that were dropped because the buffer was full: SO_RXQ_OVFL, SO_MEMINFO. */
  drops = 0;

  get size(): number {
    return this.#datagrams.length - this.#head;
  }

  /** sk_rmem_alloc. */
  get allocated(): number {
    return this.#allocated;
  }

  /** Takes a datagram if it fits; an empty queue takes any. */
  add(datagram: QueuedDatagram, buffer: number): boolean {
    if (this.#allocated > 0 && this.#allocated + datagram.truesize > buffer) {
      this.drops += 1;
      return false;
    }
    this.#allocated += datagram.truesize;
    this.#datagrams.push(datagram);
    return true;
  }

  /**
   * UDP_GRO: joins a datagram to the last, if that came from the same sender at the same moment,
   * and all before were as long as each other. Returns whether it did.
   */
  join(datagram: QueuedDatagram): boolean {
    const last = this.size === 0 ? undefined : this.#datagrams.at(-1);
    if (last === undefined || last.at !== datagram.at || !sameFlow(last, datagram)) return false;
    const have = last.datagram.data;
    const more = datagram.datagram.data;
    const segment = last.segment === 0 ? have.length : last.segment;
    if (have.length % segment !== 0 || more.length > segment || more.length === 0) return false;
    if (have.length + more.length > MOST_JOINED) return false;
    const data = new Uint8Array(have.length + more.length);
    data.set(have);
    data.set(more, have.length);
    last.datagram = { ...last.datagram, data };
    last.segment = segment;
    last.truesize += datagram.truesize;
    this.#allocated += datagram.truesize;
    return true;
  }

  get first(): QueuedDatagram | undefined {
    return this.#datagrams[this.#head];
  }

  /** For SO_PEEK_OFF: the datagram that holds an offset, and where that is in it. */
  at(offset: number): { readonly queued: QueuedDatagram; readonly skip: number } | undefined {
    let skip = offset;
    for (let index = this.#head; index < this.#datagrams.length; index += 1) {
      const queued = this.#datagrams[index];
      if (queued === undefined) break;
      const { length } = queued.datagram.data;
      if (skip < length || (skip === 0 && length === 0)) return { queued, skip };
      skip -= length;
    }
    return undefined;
  }

  /** Takes the first datagram out. */
  shift(): void {
    const first = this.#datagrams[this.#head];
    if (first === undefined) return;
    this.#allocated -= first.truesize;
    this.#head += 1;
    if (this.#head > 64 && this.#head * 2 > this.#datagrams.length) {
      this.#datagrams.splice(0, this.#head);
      this.#head = 0;
    }
  }
}

/** The longest datagram of IPv4. */
const MOST_JOINED = 65_507;

const sameFlow = (one: QueuedDatagram, other: QueuedDatagram): boolean =>
  one.packet.source === other.packet.source &&
  one.packet.destination === other.packet.destination &&
  one.datagram.sourcePort === other.datagram.sourcePort &&
  one.packet.trafficClass === other.packet.trafficClass &&
  one.packet.hopLimit === other.packet.hopLimit;
