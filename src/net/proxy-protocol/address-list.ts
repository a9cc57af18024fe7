import { parseIpv4, parseIpv6 } from "../../address/ip.ts";
import { elements, invalidValue, outOfRange, quoted } from "../../errors/argument.ts";

/** Checks whether an address belongs to a list, like Node's `net.BlockList`. */
export interface AddressMatcher {
  /** Whether the address belongs to it. */
  check(address: string, family: "ipv4" | "ipv6"): boolean;
}

/** A network: the sixteen bytes of an IPv6 address, and the prefix length. */
interface Network {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

/** The bits of ::ffff:0:0/96, in front of an IPv4 address. */
const MAPPED = 96;
const EVERY_IPV4: Network = { bytes: new Uint8Array(16).fill(0xff, 10, 12), bits: MAPPED };

/** A list of addresses and networks in CIDR notation. */
export class AddressList implements AddressMatcher {
  readonly #networks: readonly Network[];

  /**
   * Throws a TypeError if an entry is malformed, a RangeError if it covers all of IPv4 by mistake.
   */
  constructor(what: string, entries: readonly string[]) {
    this.#networks = elements(what, "an array of addresses", entries).map((entry) => network(what, entry));
  }

  /** Whether it contains an address; an IPv4-mapped IPv6 address counts as the IPv4 address. */
  check(address: string): boolean {
    const bytes = bytesOf(address.split("%")[0] ?? address);
    return bytes !== undefined && this.#networks.some((each) => contains(each, bytes));
  }
}

function network(what: string, entry: unknown): Network {
  const malformed = () =>
    invalidValue(`each of ${what} must be an address or a network, such as 10.0.0.0/8, not ${quoted(entry)}`);
  if (typeof entry !== "string") throw malformed();
  const [address = "", length, ...more] = entry.split("/");
  const bytes = bytesOf(address);
  if (bytes === undefined || more.length > 0) throw malformed();
  if (length === undefined) return { bytes, bits: 128 };
  const unused = parseIpv4(address) === undefined ? 0 : MAPPED;
  if (!/^\d{1,3}$/.test(length) || unused + Number(length) > 128) throw malformed();
  // It would contain every IPv4 address; 10.0.0.0/8, or ::ffff:10.0.0.0/104, was probably meant.
  if (unused === 0 && Number(length) < MAPPED && contains(EVERY_IPV4, bytes))
    throw outOfRange(
      `the network ${quoted(entry)} of ${what} must have at least ${MAPPED} bits, since it is of IPv4 ` +
        "addresses in IPv6 form: add 96, or leave out ::ffff:",
    );
  return { bytes, bits: unused + Number(length) };
}

/** The bytes of an IPv6 address, or of an IPv4 address mapped to one. */
function bytesOf(address: string): Uint8Array | undefined {
  const four = parseIpv4(address);
  if (four === undefined) return parseIpv6(address);
  const bytes = new Uint8Array(16).fill(0xff, 10, 12);
  bytes.set(four, 12);
  return bytes;
}

function contains({ bytes, bits }: Network, address: Uint8Array): boolean {
  return bytes.every((byte, index) => {
    const counting = Math.min(8, Math.max(0, bits - 8 * index));
    return (byte ^ (address[index] ?? 0)) >> (8 - counting) === 0;
  });
}
