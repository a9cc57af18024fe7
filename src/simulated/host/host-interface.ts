import { formatIpv4 } from "../../address/ip.ts";
import { isLinkLocal, parseAddress, samePrefix, versionOf } from "../ip/address.ts";
import type { InterfaceAddress, NetworkInterface } from "./network-interface.ts";

/** An interface of a simulated host. Every host has two: `lo`, and `eth0`, where its links end. */
export class HostInterface implements NetworkInterface {
  readonly index: number;
  readonly name: string;
  readonly mtu: number;
  readonly loopback: boolean;
  readonly addresses: InterfaceAddress[] = [];
  up = true;

  constructor(index: number, name: string, mtu: number) {
    this.index = index;
    this.name = name;
    this.mtu = mtu;
    this.loopback = name === "lo";
  }

  /**
   * Adds an address: `"10.0.0.1"` is in a network of 24 bits, `"fd00::1"` of 64, `"10.0.0.1/8"` of
   * 8.
   *
   * @throws RangeError if it is not an address
   */
  add(text: string): InterfaceAddress {
    const [address = "", bits] = text.split("/");
    const bytes = parseAddress(address);
    const version = versionOf(address);
    const prefix = bits === undefined ? (version === 4 ? 24 : 64) : Number(bits);
    if (bytes === undefined || !(Number.isInteger(prefix) && prefix >= 0 && prefix <= bytes.length * 8))
      throw new RangeError(`an address must be one such as "10.0.0.1" or "fd00::1/64", not "${text}"`);
    const broadcast = version === 4 && prefix < 31 && !this.loopback ? lastOf(bytes, prefix) : undefined;
    const added: InterfaceAddress = { address, version, prefix, broadcast };
    this.addresses.push(added);
    return added;
  }

  /** One of those that are administered locally, with the first IPv4 address at its end. */
  get hardware(): Uint8Array {
    if (this.loopback) return new Uint8Array(6);
    const address = this.addresses.find(({ version }) => version === 4)?.address ?? "0.0.0.0";
    return Uint8Array.of(2, 0, ...(parseAddress(address) ?? []));
  }

  /** The source of packets to an address: the first of its kind (RFC 6724 in short). */
  sourceFor(destination: string): string | undefined {
    const version = versionOf(destination);
    const wantsLinkLocal = isLinkLocal(destination) || /^ff[0-9a-f]2:/.test(destination);
    const ofVersion = this.addresses.filter((one) => one.version === version);
    const found = ofVersion.find(({ address }) => isLinkLocal(address) === wantsLinkLocal) ?? ofVersion[0];
    return found?.address;
  }

  /** Whether an address is in the network of one of this interface's. */
  reaches(address: string): boolean {
    const bytes = parseAddress(address);
    if (bytes === undefined) return false;
    return this.addresses.some((one) => {
      const own = parseAddress(one.address);
      return own !== undefined && samePrefix(own, bytes, one.prefix);
    });
  }
}

function lastOf(bytes: Uint8Array, prefix: number): string {
  const last = bytes.map((byte, index) => byte | (0xff >> Math.min(8, Math.max(0, prefix - index * 8))));
  return formatIpv4(last);
}
