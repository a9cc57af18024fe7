// Connects a simulated network with a real one, through a device that carries IP packets. Virtual
// time then follows real time: nothing happens before it is due.
import { decodePacket } from "../ip/decode.ts";
import { encodePacket } from "../ip/encode.ts";
import type { Packet } from "../ip/packet.ts";
import type { Network, Outside } from "../network/network.ts";

/** A device that IP packets come from and go to, such as a TUN device. */
export interface BridgeDevice {
  /**
   * Returns the next packet that arrived; undefined if there is none. The bridge owns its bytes.
   */
  read(): Uint8Array | undefined;
  write(packet: Uint8Array): void;
  /**
   * Waits for a packet, for at most this many milliseconds. Without it, the bridge polls
   * constantly.
   */
  wait?(milliseconds: number): void;
}

export interface BridgeOptions {
  /** Its name in the trace; "outside" by default. */
  readonly name?: string;
  /** Whether an address lies behind the device; by default each that no simulated host has. */
  readonly owns?: (address: string) => boolean;
}

/** Packets and events that one step handles at most. */
const PACKETS_PER_STEP = 256;
const EVENTS_PER_STEP = 10_000;
/** No step waits longer, so that other work of the program continues. */
const LONGEST_WAIT = 1;
const NANOSECONDS = 1_000_000;

const realNow = performance.now.bind(performance);

/** The end of a link that leads out of the simulation. */
export class Bridge implements Outside {
  readonly name: string;
  readonly forwards = false;
  readonly #network: Network;
  readonly #device: BridgeDevice;
  readonly #owns: (address: string) => boolean;
  /** Virtual minus real time, in nanoseconds. */
  readonly #offset: number;

  constructor(
    network: Network,
    device: BridgeDevice,
    { name = "outside", owns = () => true }: BridgeOptions = {},
  ) {
    this.name = name;
    this.#network = network;
    this.#device = device;
    this.#owns = owns;
    this.#offset = network.clock.now - realNow() * NANOSECONDS;
    network.attach(this);
  }

  owns(address: string): boolean {
    return this.#owns(address);
  }

  receive(packet: Packet): void {
    this.#device.write(encodePacket(packet));
  }

  /** The real network notices a rejected packet only by its loss. */
  rejected(): void {}

  /** What virtual time should be now. */
  get now(): number {
    return Math.floor(realNow() * NANOSECONDS + this.#offset);
  }

  /**
   * Takes packets in, and runs what is due: events of kernels, and then one item of a program. If
   * nothing is due, waits briefly.
   */
  step(): void {
    const { clock, program } = this.#network;
    const arrived = this.#takeIn();
    const { now } = this;
    for (let events = 0; events < EVENTS_PER_STEP; events += 1) {
      const kernelAt = clock.nextAt ?? Number.POSITIVE_INFINITY;
      const programAt = program.nextAt;
      const next = Math.min(kernelAt, programAt);
      if (next > now) {
        clock.advanceTo(now);
        if (arrived === 0 && events === 0) this.#wait(next);
        return;
      }
      if (programAt < kernelAt) {
        clock.advanceTo(programAt);
        program.runNext();
        return;
      }
      clock.runNext();
    }
  }

  /** Events due within a millisecond would be late, because systems do not wait more precisely. */
  #wait(until: number): void {
    if (until - this.now >= LONGEST_WAIT * NANOSECONDS) this.#device.wait?.(LONGEST_WAIT);
  }

  /** Returns how many packets arrived. */
  #takeIn(): number {
    for (let count = 0; count < PACKETS_PER_STEP; count += 1) {
      const bytes = this.#device.read();
      if (bytes === undefined) return count;
      const packet = decodePacket(bytes);
      if (packet !== undefined) this.#send(packet);
    }
    return PACKETS_PER_STEP;
  }

  /** To the host that has the address, over its links; multicast, to all neighbors. */
  #send(packet: Packet): void {
    const { topology, hosts } = this.#network;
    if (isMulticast(packet)) {
      for (const hop of topology.neighbors(this, hosts)) hop.send(packet);
      return;
    }
    for (const host of hosts) {
      if (!host.addresses.includes(packet.destination)) continue;
      topology.hop(this, host)?.send(packet);
      return;
    }
  }
}

function isMulticast({ version, destination }: Packet): boolean {
  if (version === 6) return destination.startsWith("ff");
  const first = Number(destination.split(".")[0]);
  return first >= 224 && first < 240;
}
