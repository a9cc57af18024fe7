import { formatIpv4 } from "../address/ip.ts";
import { checkObject, copyOfBytes, cString, integer, outOfRange } from "../errors/argument.ts";
import { writeIpv4 } from "../options/structures/fields.ts";
import { encodeText, newDecoder } from "../system/text.ts";
import type { ValueResult } from "../system/value-result.ts";

/** A request of `ioctl()`, with the types of its argument and its result. */
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
  /** The device type, an ARPHRD_ number: 1 is Ethernet, 772 the loopback interface. */
  readonly type: number;
  /** 6 bytes for Ethernet and similar devices; for others the first 14, padded with zeros. */
  readonly address: Uint8Array;
}

/** struct ifreq is { char ifr_name[16]; union { … 24 bytes } } (include/uapi/linux/if.h). */
export const IFREQ = { value: 16, size: 40 };
/** The offset of the address in a sockaddr_in. */
const ADDRESS = 4;
/** The offset of the address in a sockaddr. */
const SA_DATA = 2;
const SA_DATA_SIZE = 14;
/** Linux's: no other system has the requests that take an address. */
const AF_INET = 2;
const decoder = newDecoder();

/** A request that takes nothing and returns an int. */
export function count(name: string): IoctlRequest<[], number> {
  return { name, encode: clear, decode: ({ view }) => view.getInt32(0, true) };
}

/** A request that takes nothing and returns a boolean, as an int. */
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
      const bytes = interfaceName(name);
      clear(into);
      into.bytes.set(bytes);
    },
    decode: ({ view, bytes }) => decode(view, IFREQ.value, bytes),
  };
}

/** A request that changes the network interface with a name. */
export function setOfInterface<Value>(
  name: string,
  encode: (value: Value) => (into: ValueResult, at: number) => void,
): IoctlRequest<[interfaceName: string, value: Value], void> {
  return {
    name,
    encode(into, [name, value]) {
      const bytes = interfaceName(name);
      // The value's getters may make calls, which use the same memory: they come first.
      const write = encode(value);
      clear(into);
      into.bytes.set(bytes);
      write(into, IFREQ.value);
    },
    decode() {},
  };
}

/** A request that takes an int. */
export function setInt(name: string): IoctlRequest<[value: number], void> {
  return {
    name,
    encode(into, [value]) {
      clear(into);
      into.view.setInt32(0, integer("the argument", value, -0x80000000, 0x7fffffff), true);
    },
    decode() {},
  };
}

function interfaceName(name: string): Uint8Array {
  const bytes = encodeText(cString("the name of an interface", name));
  if (bytes.byteLength < IFREQ.value) return bytes;
  throw outOfRange(`an interface name has at most 15 bytes; ${JSON.stringify(name)} is longer`);
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

/** The kernel does not report the address's length, only the device type. */
export function hardwareAddressAt(view: DataView, at: number, bytes: Uint8Array): HardwareAddress {
  const type = view.getUint16(at, true);
  const start = at + SA_DATA;
  return { type, address: bytes.slice(start, start + (hasSixBytes(type) ? 6 : SA_DATA_SIZE)) };
}

/** An int that is not negative. */
export function toInt(value: number): (into: ValueResult, at: number) => void {
  const int = integer("the value", value, 0, 0x7fffffff);
  return ({ view }, at) => view.setInt32(at, int, true);
}

/** ifr_flags is a short. */
export function toFlags(value: number): (into: ValueResult, at: number) => void {
  const flags = integer("the flags", value, 0, 0xffff);
  return ({ view }, at) => view.setUint16(at, flags, true);
}

/** A sockaddr_in. */
export function toIpv4(address: string): (into: ValueResult, at: number) => void {
  return (into, at) => {
    into.view.setUint16(at, AF_INET, true);
    writeIpv4("the address", address, into, at + ADDRESS);
  };
}

/** ifr_newname. */
export function toName(name: string): (into: ValueResult, at: number) => void {
  const bytes = interfaceName(name);
  return (into, at) => into.bytes.set(bytes, at);
}

/** A sockaddr whose family is the device type. */
export function toHardwareAddress(value: HardwareAddress): (into: ValueResult, at: number) => void {
  checkObject("the value", "{ type, address }", value);
  const type = integer("type", value.type, 0, 0xffff);
  const address = copyOfBytes("address", value.address);
  if (address.byteLength > SA_DATA_SIZE) {
    throw outOfRange(`a hardware address has at most 14 bytes; this one has ${address.byteLength}`);
  }
  // The kernel would take the missing bytes to be 0.
  if (hasSixBytes(type) && address.byteLength < 6) {
    throw outOfRange(`a hardware address of type ${type} has 6 bytes; this one has ${address.byteLength}`);
  }
  return ({ bytes, view }, at) => {
    view.setUint16(at, type, true);
    bytes.set(address, at + SA_DATA);
  };
}

/** ARPHRD_ETHER, ARPHRD_LOOPBACK, and those of IEEE 802.11 (include/uapi/linux/if_arp.h). */
const hasSixBytes = (type: number): boolean => type === 1 || type === 772 || (type >= 801 && type <= 803);

/** Clears what an earlier call left there; after the argument's checks, whose getters may call. */
function clear(into: ValueResult): void {
  into.bytes.fill(0, 0, IFREQ.size);
}
