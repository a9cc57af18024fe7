import type { System, ValueResult } from "../system/system.ts";
import type { Address } from "./address.ts";
import { decodeAddress } from "./sockaddr.ts";

/**
 * Decodes the addresses of one call. Consecutive equal addresses share one object: creating one
 * costs half as much as a datagram.
 */
export class AddressDecoder {
  readonly #system: System;
  #value: ValueResult | undefined;
  #address: Address = { family: "unspecified" };

  constructor(system: System) {
    this.#system = system;
  }

  /** The values must not change until the last one is decoded. */
  decode(value: ValueResult): Address {
    if (this.#value === undefined || !value.holdsSameAs(this.#value)) {
      this.#address = decodeAddress(this.#system, value);
      this.#value = value;
    }
    return this.#address;
  }
}
