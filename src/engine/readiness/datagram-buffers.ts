import type { MessageHeader } from "../../system/system.ts";
import { LENGTH_SIZE, ValueResult } from "../../system/value-result.ts";
import { CONTROL_SIZE, type MergedDatagrams } from "../merged-datagrams.ts";
import { ReceiveMemory } from "./receive-memory.ts";

/** Datagrams received per call. */
const BUFFERS = 16;
/** sizeof(struct sockaddr_storage). */
const ADDRESS_SIZE = 128;

/** A buffer for one datagram and its sender's address. */
export class DatagramBuffer implements MessageHeader {
  readonly memory = new ReceiveMemory();
  readonly #address = new ValueResult(new ArrayBuffer(LENGTH_SIZE + ADDRESS_SIZE));
  readonly #data = [this.memory.bytes];
  readonly #control = new ValueResult(new ArrayBuffer(LENGTH_SIZE + CONTROL_SIZE));
  /** The address of the memory. Safety: our ArrayBuffer does not move until it is transferred. */
  readonly locations: number[] = [];
  control: ValueResult | null = null;
  flags = 0;
  bytes = 0;

  get address(): ValueResult {
    return this.#address;
  }

  get data(): readonly Uint8Array[] {
    return this.#data;
  }

  /**
   * Call this before receiving into the buffer. Sets how long an address may be, and whether there
   * is space for control messages.
   */
  empty(merged: MergedDatagrams | undefined): void {
    this.#address.length = ADDRESS_SIZE;
    this.#control.length = CONTROL_SIZE;
    this.control = merged === undefined ? null : this.#control;
    const { bytes } = this.memory;
    if (bytes === this.#data[0]) return;
    this.#data[0] = bytes;
    this.locations.length = 0;
  }

  /** The size of each received datagram; equal to `bytes` if there is only one. */
  sizeOfEach(merged: MergedDatagrams | undefined): number {
    const control = this.#control;
    return merged === undefined
      ? this.bytes
      : merged.sizeIn(control.ints, 0, control.validLength, this.bytes);
  }
}

export function datagramBuffers(): readonly DatagramBuffer[] {
  return Array.from({ length: BUFFERS }, () => new DatagramBuffer());
}
