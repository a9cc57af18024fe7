import { defined } from "../../src/invariant.ts";
import { differences } from "./compare-packets.ts";
import type { Connection } from "./connection.ts";
import { FLAG, type PacketAction } from "./script.ts";
import type { Sockets } from "./sockets.ts";
import type { Settings, Target } from "./target.ts";
import { decodePacket, type WirePacket, type WireTcp } from "./wire.ts";

export interface Received {
  /** With the script's sequence numbers. */
  readonly packet: WirePacket;
  readonly at: number;
  readonly differs: readonly string[];
}

interface Arrived {
  readonly packet: WirePacket;
  readonly at: number;
}

/** The packets that the host sends, for the connections of a script. */
export class OutboundPackets {
  readonly #target: Target;
  readonly #sockets: Sockets;
  readonly #settings: Settings;
  /** Packets that came while the script expected one of another connection. */
  readonly #waiting = new Map<Connection, Arrived[]>();

  constructor(target: Target, sockets: Sockets, settings: Settings) {
    this.#target = target;
    this.#sockets = sockets;
    this.#settings = settings;
  }

  /** The next packet of a connection, compared; undefined if none came until a time. */
  expect(
    script: PacketAction,
    connection: Connection,
    until: number,
    tolerance: number,
  ): Received | undefined {
    const first = this.#next(connection, until);
    if (first === undefined) return undefined;
    const whole = this.#gather(first, script, connection, until);
    const packet = this.#toScript(whole.packet, connection);
    const tick = this.#settings.timestampTick;
    const differs = differences(script, packet, connection, tick === 0 ? undefined : tolerance / tick);
    return { packet, at: whole.at, differs };
  }

  #next(connection: Connection, until: number): Arrived | undefined {
    const earlier = this.#waiting.get(connection)?.shift();
    if (earlier !== undefined) return earlier;
    for (;;) {
      const captured = this.#target.receive(until);
      if (captured === undefined) return undefined;
      const packet = decodePacket(captured.bytes, this.#target.checks);
      const { localAddress, remoteAddress } = this.#settings;
      // Others than ours are the machine's own business: multicast reports, for example.
      if (packet?.source !== localAddress || packet.destination !== remoteAddress) continue;
      const owner = this.#sockets.ofLive(packet, connection);
      const arrived = { packet, at: captured.at };
      if (owner === connection) return arrived;
      if (owner !== undefined) this.#waiting.set(owner, [...(this.#waiting.get(owner) ?? []), arrived]);
    }
  }

  /**
   * One packet of a script may be several of the host, of equal length and without gaps: a device
   * that segments would have been given one.
   */
  #gather(first: Arrived, script: PacketAction, connection: Connection, until: number): Arrived {
    if (script.content.protocol !== "tcp" || this.#settings.strictSegments) return first;
    const pieces: WireTcp[] = [];
    let last = first;
    let length = 0;
    for (;;) {
      const { content } = last.packet;
      if (content.protocol !== "tcp") return first;
      pieces.push(content);
      length += content.data.length;
      const size = defined(pieces[0], "at least one").data.length;
      if (length >= script.content.length || content.data.length !== size || size === 0) break;
      const next = this.#next(connection, until);
      if (next === undefined) break;
      const follows = next.packet.content;
      if (follows.protocol !== "tcp" || !continues(content, follows)) {
        this.#waiting.set(connection, [next, ...(this.#waiting.get(connection) ?? [])]);
        break;
      }
      last = next;
    }
    return { packet: { ...first.packet, content: joined(pieces) }, at: last.at };
  }

  #toScript(packet: WirePacket, connection: Connection): WirePacket {
    const { content } = packet;
    if (content.protocol !== "tcp") return packet;
    const syn = (content.flags & FLAG.SYN) !== 0;
    return { ...packet, content: connection.toScript(content, syn, (content.flags & FLAG.ACK) !== 0) };
  }
}

/** Flags that only the last segment of several has, or only the first. */
const ENDS = FLAG.FIN | FLAG.PSH | FLAG.CWR;

function continues(before: WireTcp, after: WireTcp): boolean {
  const same =
    (before.flags & ~ENDS) === (after.flags & ~ENDS) && before.acknowledgment === after.acknowledgment;
  const next = (before.sequence + before.data.length) % 2 ** 32;
  return same && after.sequence === next && after.data.length > 0;
}

function joined(pieces: readonly WireTcp[]): WireTcp {
  const first = defined(pieces[0], "at least one");
  const last = defined(pieces.at(-1), "at least one");
  if (pieces.length === 1) return first;
  const data = new Uint8Array(pieces.reduce((length, piece) => length + piece.data.length, 0));
  let at = 0;
  for (const piece of pieces) {
    data.set(piece.data, at);
    at += piece.data.length;
  }
  return { ...first, flags: last.flags | (first.flags & FLAG.CWR), window: last.window, data };
}
