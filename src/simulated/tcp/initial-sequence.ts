import type { ProtocolHost } from "../host/protocol-host.ts";
import type { Ends } from "./connection-table.ts";
import { fromPacket } from "./sequence.ts";

// Initial sequence numbers, timestamp offsets and SYN cookies are hashes of the ends with secrets
// (RFC 6528; net/core/secure_seq.c), so that they are hard to guess, and a later connection between
// the same ends has later numbers.

export class Secrets {
  readonly #host: ProtocolHost;
  readonly #sequence: number;
  readonly #timestamp: number;
  readonly #cookies: readonly [number, number];

  constructor(host: ProtocolHost) {
    this.#host = host;
    const random = host.random("tcp secrets");
    this.#sequence = random.uint32();
    this.#timestamp = random.uint32();
    this.#cookies = [random.uint32(), random.uint32()];
  }

  /** secure_tcp_seq(): a step every 64 ns. */
  initialSequence(ends: Ends): number {
    return (hash(this.#sequence, ends) + Math.floor(this.#host.clock.now / 64)) | 0;
  }

  /** secure_tcp_ts_off(): the same for all ports of two hosts. */
  timestampOffset({ localAddress, remoteAddress }: Ends): number {
    return fromPacket(hash(this.#timestamp, { localAddress, remoteAddress, localPort: 0, remotePort: 0 }));
  }

  /** cookie_hash(). */
  cookie(ends: Ends, count: number, which: 0 | 1): number {
    return hash((this.#cookies[which] ^ Math.imul(count, 0x9e3779b1)) >>> 0, ends);
  }
}

/** FNV-1a over the text of both ends, finished by MurmurHash3's mixer. */
function hash(secret: number, { localAddress, localPort, remoteAddress, remotePort }: Ends): number {
  let state = mixText(secret ^ 0x811c9dc5, remoteAddress);
  state = Math.imul(state ^ remotePort, 0x01000193);
  state = mixText(state, localAddress);
  state = Math.imul(state ^ localPort, 0x01000193);
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}

function mixText(from: number, text: string): number {
  let state = from;
  for (let at = 0; at < text.length; at += 1) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193);
  return state;
}
