import type { VirtualClock, VirtualTimer } from "../clock/virtual-clock.ts";
import { parseAddress } from "./address.ts";
import { decodePayload } from "./decode.ts";
import { encodePacket } from "./encode.ts";
import { headerSize, type Packet, protocolOf } from "./packet.ts";

/**
 * Cuts a packet so that each fragment fits in an MTU (RFC 791, 3.2; RFC 8200, 4.5). The last 8
 * bytes of an IPv6 header go to the fragment header.
 */
export function fragmentPacket(packet: Packet, mtu: number, identification: number): Packet[] {
  const bytes = encodePacket(packet).subarray(headerSize(packet));
  const header = packet.version === 4 ? 20 : 48;
  const most = (mtu - header) & ~7;
  const first = packet.fragment?.offset ?? 0;
  const fragments: Packet[] = [];
  for (let from = 0; from < bytes.length; from += most) {
    const data = bytes.subarray(from, from + most);
    const more = from + most < bytes.length || (packet.fragment?.more ?? false);
    fragments.push({
      ...packet,
      identification,
      fragment: { offset: first + from, more },
      payload: { kind: "raw", protocol: protocolOf(packet), data },
    });
  }
  return fragments;
}

interface Piece {
  readonly offset: number;
  readonly data: Uint8Array;
}

/** The fragments of one packet so far. */
interface Partial {
  readonly key: string;
  readonly pieces: Piece[];
  /** The bytes of the whole payload, once the last fragment is here. */
  size: number | undefined;
  received: number;
  first: Packet | undefined;
  readonly timer: VirtualTimer;
}

/** What reassembly needs from its host. */
export interface ReassemblyOptions {
  readonly clock: VirtualClock;
  /** Nanoseconds until it gives up: ipfrag_time, ip6frag_time. */
  timeout(version: 4 | 6): number;
  /** Bytes of fragments that may wait: ipfrag_high_thresh. */
  limit(version: 4 | 6): number;
  /** It gave up; `first` is the fragment with offset 0, if that arrived. */
  expired(first: Packet | undefined): void;
  /** Fragments were dropped. */
  failed(why: string): void;
}

/** Reassembles fragments (net/ipv4/ip_fragment.c, net/ipv6/reassembly.c). */
export class Reassembly {
  readonly #options: ReassemblyOptions;
  readonly #partial = new Map<string, Partial>();
  #bytes = 0;

  constructor(options: ReassemblyOptions) {
    this.#options = options;
  }

  /** Adds a fragment. Returns the packet if it is whole now. */
  add(packet: Packet): Packet | undefined {
    const { fragment, payload } = packet;
    if (fragment === undefined || payload.kind !== "raw") return packet;
    const { data } = payload;
    const end = fragment.offset + data.length;
    // All but the last are multiples of 8 bytes, and none reaches past 64 KiB.
    if ((fragment.more && data.length % 8 !== 0) || data.length === 0 || end > 65_535) {
      this.#options.failed("malformed fragment");
      return undefined;
    }
    const partial = this.#find(packet);
    if (partial === undefined) return undefined;
    if (!fragment.more) {
      if (partial.size !== undefined && partial.size !== end)
        return this.#discard(partial, "contradicting ends");
      partial.size = end;
    }
    if (partial.size !== undefined && end > partial.size)
      return this.#discard(partial, "fragment past the end");
    const same = partial.pieces.find(({ offset }) => offset === fragment.offset);
    if (same !== undefined && same.data.length === data.length) return undefined;
    // An overlap discards everything (RFC 5722; inet_frag_queue_insert()).
    if (
      partial.pieces.some((piece) => fragment.offset < piece.offset + piece.data.length && piece.offset < end)
    )
      return this.#discard(partial, "overlapping fragments");
    partial.pieces.push({ offset: fragment.offset, data });
    partial.received += data.length;
    this.#bytes += data.length;
    if (fragment.offset === 0) partial.first = packet;
    return partial.received === partial.size ? this.#join(partial) : undefined;
  }

  /** The host crashed. */
  clear(): void {
    for (const partial of [...this.#partial.values()]) this.#drop(partial);
  }

  #find(packet: Packet): Partial | undefined {
    const { source, destination, identification, version } = packet;
    const key = `${source} ${destination} ${identification} ${protocolOf(packet)}`;
    const known = this.#partial.get(key);
    if (known !== undefined) return known;
    const { clock, timeout, limit } = this.#options;
    if (this.#bytes > limit(version)) {
      this.#options.failed("too many fragments");
      return undefined;
    }
    const partial: Partial = {
      key,
      pieces: [],
      size: undefined,
      received: 0,
      first: undefined,
      timer: clock.timer(() => {
        this.#drop(partial);
        this.#options.expired(partial.first);
      }),
    };
    partial.timer.startIn(timeout(version));
    this.#partial.set(key, partial);
    return partial;
  }

  #join(partial: Partial): Packet | undefined {
    this.#drop(partial);
    const { first } = partial;
    if (first === undefined) return undefined;
    const bytes = new Uint8Array(partial.received);
    for (const { offset, data } of partial.pieces) bytes.set(data, offset);
    const { version } = first;
    const payload = decodePayload(bytes, {
      version,
      protocol: protocolOf(first),
      source: parseAddress(first.source) ?? new Uint8Array(0),
      destination: parseAddress(first.destination) ?? new Uint8Array(0),
      raw: false,
      quoted: false,
    });
    return payload && { ...first, fragment: undefined, payload };
  }

  #discard(partial: Partial, why: string): undefined {
    this.#drop(partial);
    this.#options.failed(why);
  }

  #drop(partial: Partial): void {
    partial.timer.stop();
    this.#partial.delete(partial.key);
    this.#bytes -= partial.received;
  }
}
