import { formatIpv4 } from "../address/ip.ts";
import { cString, integer, outOfRange } from "../errors/argument.ts";
import { encodeText, newDecoder } from "../system/text.ts";
import type { ValueResult } from "../system/value-result.ts";

/**
 * A request of `ioctl()`: what it takes after itself, and what it returns.
 */
export interface IoctlRequest<Argument extends readonly unknown[], Value> {
  /** The C name, such as `"SIOCOUTQ"`. */
  readonly name: string;
  /** Writes what the kernel reads. @internal */
  readonly encode: (into: ValueResult, argument: Argument) => void;
  /** Reads what the kernel wrote. @internal */
  readonly decode: (from: ValueResult) => Value;
}

/** The hardware address of a network interface. */
export interface HardwareAddress {
  /** The kind of device, an ARPHRD_ number: 1 is Ethernet, 772 the loopback interface. */
  readonly type: number;
  /** 6 bytes of Ethernet and the like; of other devices the first 14, with zeros. */
  readonly address: Uint8Array;
}

/** struct ifreq is { char ifr_name[16]; union { … 24 bytes } } (include/uapi/linux/if.h). */
export const IFREQ = { value: 16, size: 40 };
/** In a sockaddr_in. */
const ADDRESS = 4;
/** Within a sockaddr. */
const SA_DATA = 2;
const decoder = newDecoder();

/** A request that takes nothing and returns an int. */
export function count(name: string): IoctlRequest<[], number> {
  return { name, encode: clear, decode: ({ view }) => view.getInt32(0, true) };
}

/** A request that takes nothing and returns an int that is zero or not. */
export function flag(name: string): IoctlRequest<[], boolean> {
  return { name, encode: clear, decode: ({ view }) => view.getInt32(0, true) !== 0 };
}

/** A request that takes nothing and returns a struct timeval or timespec, in these units. */
export function time(name: string, nanoseconds: bigint): IoctlRequest<[], bigint> {
  return {
    name,
    encode: clear,
    decode: ({ view }) =>
      view.getBigInt64(0, true) * 1_000_000_000n + view.getBigInt64(8, true) * nanoseconds,
  };
}

/** A request about the network interface with a name. */
export function ofInterface<Value>(
  name: string,
  decode: (view: DataView, at: number, bytes: Uint8Array) => Value,
): IoctlRequest<[interfaceName: string], Value> {
  return {
    name,
    encode(into, [name]) {
      clear(into);
      const bytes = encodeText(cString("the name of an interface", name));
      if (bytes.byteLength >= IFREQ.value) {
        throw outOfRange(`an interface name has at most 15 bytes; ${JSON.stringify(name)} is longer`);
      }
      into.bytes.set(bytes);
    },
    decode: ({ view, bytes }) => decode(view, IFREQ.value, bytes),
  };
}

/** A request for the name of the network interface with an index. */
export function nameOf(name: string): IoctlRequest<[index: number], string> {
  return {
    name,
    encode(into, [index]) {
      clear(into);
      into.view.setInt32(IFREQ.value, integer("index", index, -0x80000000, 0x7fffffff), true);
    },
    decode: ({ bytes }) => decoder.decode(bytes.subarray(0, bytes.indexOf(0))),
  };
}

export const intAt = (view: DataView, at: number): number => view.getInt32(at, true);

/** ifr_flags is a short. */
export const flagsAt = (view: DataView, at: number): number => view.getUint16(at, true);

/** The address of a sockaddr_in. */
export const ipv4At = (_view: DataView, at: number, bytes: Uint8Array): string =>
  formatIpv4(bytes, at + ADDRESS);

/** The kernel does not say how long the address is, only of which kind the device is. */
export function hardwareAddressAt(view: DataView, at: number, bytes: Uint8Array): HardwareAddress {
  const type = view.getUint16(at, true);
  const start = at + SA_DATA;
  return { type, address: bytes.slice(start, start + (hasSixBytes(type) ? 6 : 14)) };
}

/** ARPHRD_ETHER, ARPHRD_LOOPBACK, and those of IEEE 802.11 (include/uapi/linux/if_arp.h). */
const hasSixBytes = (type: number): boolean => type === 1 || type === 772 || (type >= 801 && type <= 803);

/** What an earlier call left there is no part of this one's. */
function clear(into: ValueResult): void {
  into.bytes.fill(0, 0, IFREQ.size);
}
