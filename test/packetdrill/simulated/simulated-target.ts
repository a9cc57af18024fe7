import type { LinuxRelease } from "../../../src/simulated/host/linux-release.ts";
import { SimulatedHost } from "../../../src/simulated/host/simulated-host.ts";
import { decodePacket } from "../../../src/simulated/ip/decode.ts";
import { encodePacket } from "../../../src/simulated/ip/encode.ts";
import type { Packet } from "../../../src/simulated/ip/packet.ts";
import { Network, type Outside } from "../../../src/simulated/network/network.ts";
import { errnos } from "../../../src/system/linux/errno.ts";
import type { RawCall } from "../host-calls.ts";
import { type CapturedPacket, type PendingCall, type Settings, type Target, Unsupported } from "../target.ts";
import { Attempts } from "./attempts.ts";
import { SimulatedCalls } from "./simulated-calls.ts";

const MICROSECOND = 1000;
/**
 * What an event of a script takes, in microseconds. Otherwise whatever happens at +0 would happen
 * at one moment, and scripts compare round trips that on a machine are never equal.
 */
const EVENT_COST = 5;
/**
 * Sysctls of features that a simulated host lacks, which scripts set whether they use them or not.
 */
const WITHOUT_EFFECT = /^net\.ipv4\.tcp_(fastopen|ecn_option|fastopen_key|fastopen_blackhole.*)$/;
/** Commands about devices and caches that a simulated host has not. */
const NEEDLESS = [
  /^ip tcp_metrics flush/,
  /^tc qdisc (add|replace) dev tun0 root (pfifo|fq)$/,
  /^ethtool -K tun0/,
  // HyStart's default.
  /^echo 3 > \/sys\/module\/tcp_cubic\/parameters\/hystart_detect$/,
];

/** A device whose queue takes nothing drops whatever the host sends. */
const BLOCKS_DEVICE = /^tc qdisc (add|replace) dev tun0 root pfifo limit 0$/;
const OPENS_DEVICE = /^tc qdisc (delete|del) dev tun0 root$/;

/** A simulated host whose network is the script. */
export class SimulatedTarget implements Target, Outside {
  readonly name = "simulated";
  readonly calls: SimulatedCalls;
  readonly checks = "all";
  readonly forwards = false;
  readonly #network: Network;
  readonly #host: SimulatedHost;
  readonly #settings: Settings;
  readonly #sent: CapturedPacket[] = [];
  #attempts: Attempts | undefined;
  #start = 0;

  constructor(settings: Settings, linux: LinuxRelease = "6.18") {
    this.#settings = settings;
    this.#network = new Network({ seed: 1 });
    const address = `${settings.localAddress}/${settings.localPrefix}`;
    this.#host = this.#network.host("tested", { addresses: [address], linux });
    this.#network.attach(this);
    this.#network.link(this.#host, this, { mtu: settings.mtu });
    this.calls = new SimulatedCalls(this.#host);
  }

  /** Everything else is in the script's network. */
  owns(): boolean {
    return true;
  }

  receive(until: number): CapturedPacket | undefined;
  receive(packet: Packet): void;
  receive(what: Packet | number): CapturedPacket | undefined {
    if (typeof what === "number") return this.#receiveUntil(what);
    this.#sent.push({ bytes: encodePacket(what), at: this.now() });
    return undefined;
  }

  rejected(): void {}

  start(): void {
    this.#start = this.#network.clock.now;
  }

  now(): number {
    return (this.#network.clock.now - this.#start) / MICROSECOND;
  }

  timeOf(realtime: bigint): number {
    const started = this.#network.epoch * 1_000_000 + this.#start;
    return Number(realtime - BigInt(started)) / MICROSECOND;
  }

  sleepUntil(time: number): void {
    while (this.#step(time));
  }

  eventEnded(): void {
    this.sleepUntil(this.now() + EVENT_COST);
  }

  /** Runs the next event up to a time. Returns false when the time has come. */
  #step(until: number): boolean {
    const { clock } = this.#network;
    const end = this.#start + until * MICROSECOND;
    const next = Math.min(
      clock.nextAt ?? Number.POSITIVE_INFINITY,
      this.#attempts?.deadline ?? Number.POSITIVE_INFINITY,
    );
    if (next > end) {
      if (Number.isFinite(end)) clock.advanceTo(end);
      this.#attempts?.again();
      return false;
    }
    if (clock.nextAt === next) clock.runNext();
    else clock.advanceTo(next);
    this.#attempts?.again();
    return true;
  }

  inject(packet: Uint8Array): void {
    const decoded = decodePacket(packet);
    if (decoded === undefined) throw new Error("the simulated network cannot read the script's packet");
    this.#host.receive(decoded, this);
    this.#attempts?.again();
  }

  #receiveUntil(until: number): CapturedPacket | undefined {
    while (this.#sent.length === 0 && this.#step(until));
    return this.#sent.shift();
  }

  begin(call: RawCall): PendingCall {
    const attempts = new Attempts(
      this.calls,
      call,
      () => this.now(),
      () => this.#network.clock.now,
    );
    this.#attempts = attempts;
    attempts.again();
    return {
      wait: (until) => {
        while (attempts.ended === undefined && this.#step(until));
        this.#attempts = undefined;
        return attempts.ended;
      },
    };
  }

  sysctl(name: string, value: string): void {
    if (WITHOUT_EFFECT.test(name)) return;
    try {
      this.#host.sysctl(name, value);
    } catch (error) {
      if (error instanceof RangeError) throw new Unsupported(error.message);
      throw error;
    }
  }

  command(text: string): void {
    if (BLOCKS_DEVICE.test(text)) {
      // What dev_queue_xmit() has IP return when a queue drops a packet.
      this.#host.send = () => -errnos.ENOBUFS;
      return;
    }
    if (OPENS_DEVICE.test(text)) {
      this.#host.send = SimulatedHost.prototype.send;
      return;
    }
    if (!NEEDLESS.some((needless) => needless.test(text))) {
      throw new Unsupported(`a simulated host cannot run ${JSON.stringify(text)}`);
    }
  }

  close(): void {
    // The network of this script ends with it.
    void this.#settings;
  }
}
