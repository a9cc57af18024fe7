import type { MessageHeader } from "../../system/system.ts";
import { LENGTH_SIZE, ValueResult } from "../../system/value-result.ts";
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
  readonly locations = null;
  control = null;
  flags = 0;
  bytes = 0;

  get address(): ValueResult {
    return this.#address;
  }

  get data(): readonly Uint8Array[] {
    this.#data[0] = this.memory.bytes;
    return this.#data;
  }

  /** Call it before receiving into the buffer: it tells the system how long an address may be. */
  empty(): void {
    this.#address.length = ADDRESS_SIZE;
  }
}

export function datagramBuffers(): readonly DatagramBuffer[] {
  return Array.from({ length: BUFFERS }, () => new DatagramBuffer());
}
