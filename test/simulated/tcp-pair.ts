import assert from "node:assert/strict";
import type { SimulatedHost } from "../../src/simulated/host/simulated-host.ts";
import type { Packet, TcpSegment } from "../../src/simulated/ip/packet.ts";
import { TCP_FLAG } from "../../src/simulated/ip/packet.ts";
import type { LinkOptions } from "../../src/simulated/network/network.ts";
import { Network } from "../../src/simulated/network/network.ts";
import { constants } from "../../src/system/linux/constants.ts";
import { errnos } from "../../src/system/linux/errno.ts";
import { Calls } from "./calls.ts";

const { AF, SOCK } = constants;

export interface Seen {
  /** Milliseconds. */
  readonly at: number;
  readonly from: string;
  readonly packet: Packet;
  readonly segment: TcpSegment;
}

/** A client, 10.0.0.1, and a server, 10.0.0.2, on one link, with every segment on record. */
export class TcpPair {
  readonly network: Network;
  readonly client: SimulatedHost;
  readonly server: SimulatedHost;
  readonly a: Calls;
  readonly b: Calls;
  /** Segments, as they were sent. */
  readonly seen: Seen[] = [];
  /** Whether a packet is lost. */
  drops: (seen: Seen, index: number) => boolean = () => false;

  constructor(link: LinkOptions = { latency: "10ms" }, seed: number | string = 1) {
    this.network = new Network({ seed });
    this.client = this.network.host("client", { addresses: ["10.0.0.1", "fd00::1"] });
    this.server = this.network.host("server", { addresses: ["10.0.0.2", "fd00::2"] });
    this.network.link(this.client, this.server, link);
    this.a = new Calls(this.client.system);
    this.b = new Calls(this.server.system);
    this.network.rule((packet) => {
      const segment = packet.payload;
      if (segment.kind !== "tcp") return undefined;
      const seen = { at: this.now, from: packet.source, packet, segment };
      this.seen.push(seen);
      return this.drops(seen, this.seen.length - 1) ? "drop" : undefined;
    });
  }

  /** Milliseconds. */
  get now(): number {
    return this.network.clock.now / 1e6;
  }

  /** Advances by so many milliseconds. */
  advance(milliseconds: number): void {
    this.network.clock.advanceTo(this.network.clock.now + milliseconds * 1e6);
  }

  socket(calls: Calls, domain: number = AF.INET): number {
    return calls.system.socket(domain, SOCK.STREAM, 0, 2);
  }

  listen(backlog = 128, address = "10.0.0.2:80"): number {
    const listener = this.socket(this.b, address.startsWith("[") ? AF.INET6 : AF.INET);
    assert.equal(this.b.bind(listener, address), 0);
    assert.equal(this.b.system.listen(listener, backlog), 0);
    return listener;
  }

  /** Begins to connect. */
  connecting(address = "10.0.0.2:80"): number {
    const socket = this.socket(this.a, address.startsWith("[") ? AF.INET6 : AF.INET);
    assert.equal(this.a.connect(socket, address), -errnos.EINPROGRESS);
    return socket;
  }

  /** A connection, after a second of virtual time. */
  connected(): { readonly client: number; readonly server: number; readonly listener: number } {
    const listener = this.listen();
    const client = this.connecting();
    this.advance(1_000);
    const server = this.b.accept(listener);
    assert.ok(server >= 0, `accept() returned ${server}`);
    assert.equal(this.a.connect(client, "10.0.0.2:80"), 0);
    return { client, server, listener };
  }

  /** Forgets the segments seen so far. */
  forget(): void {
    this.seen.length = 0;
  }

  /**
   * The segments seen, from the client with `>` and from the server with `<`: `> SYN`, `< ACK 5`.
   */
  summary(): string[] {
    return this.seen.map((seen) => `${seen.from.endsWith("1") ? ">" : "<"} ${describe(seen.segment)}`);
  }
}

/** The flags of a segment and the length of its data, if there is any: `PSH ACK 5`. */
export function describe({ flags, data }: TcpSegment): string {
  const names = Object.entries(TCP_FLAG).flatMap(([name, bit]) => ((flags & bit) === 0 ? [] : [name]));
  return `${names.join(" ")}${data.length === 0 ? "" : ` ${data.length}`}`;
}

export const hasFlag = ({ flags }: TcpSegment, flag: keyof typeof TCP_FLAG): boolean =>
  (flags & TCP_FLAG[flag]) !== 0;
