import { Scheduled, type VirtualClock } from "../clock/virtual-clock.ts";
import type { Packet } from "../ip/packet.ts";
import type { NetworkInterface } from "./network-interface.ts";

/**
 * Packets of a host to itself. They arrive before the call that sent them returns, as with a
 * softirq; otherwise in a separate event at the same moment.
 */
export class LoopbackQueue extends Scheduled {
  readonly #clock: VirtualClock;
  readonly #receive: (packet: Packet, device: NetworkInterface) => void;
  #packets: Packet[] = [];
  /** The interface that each packet arrives on. */
  #devices: NetworkInterface[] = [];
  #draining = false;

  constructor(clock: VirtualClock, receive: (packet: Packet, device: NetworkInterface) => void) {
    super();
    this.#clock = clock;
    this.#receive = receive;
  }

  add(packet: Packet, device: NetworkInterface): void {
    this.#packets.push(packet);
    this.#devices.push(device);
    if (!this.scheduled && !this.#draining) this.#clock.add(this, this.#clock.now);
  }

  drain(): void {
    if (this.#packets.length === 0 || this.#draining) return;
    this.#draining = true;
    try {
      // Arriving packets may cause others.
      for (let at = 0; at < this.#packets.length; at += 1) {
        const [packet, device] = [this.#packets[at], this.#devices[at]];
        if (packet !== undefined && device !== undefined) this.#receive(packet, device);
      }
    } finally {
      this.#draining = false;
      this.#packets = [];
      this.#devices = [];
      this.#clock.cancel(this);
    }
  }

  clear(): void {
    this.#packets = [];
    this.#devices = [];
    this.#clock.cancel(this);
  }

  override due(): void {
    this.drain();
  }
}
