import type { System, ValueResult } from "../system/system.ts";
import type { Address } from "./address.ts";
import { decodeAddress } from "./sockaddr.ts";

/**
 * Decodes the addresses of one call. One that is the same as the last is the same object: to make
 * one takes half a datagram's time.
 */
export class AddressDecoder {
  readonly #system: System;
  #value: ValueResult | undefined;
  #address: Address = { family: "unspecified" };

  constructor(system: System) {
    this.#system = system;
  }

  /** The values must stay as they are until the last one is decoded. */
  decode(value: ValueResult): Address {
    if (this.#value === undefined || !value.holdsSameAs(this.#value)) {
      this.#address = decodeAddress(this.#system, value);
      this.#value = value;
    }
    return this.#address;
  }
}
