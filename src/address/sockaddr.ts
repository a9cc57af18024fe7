import {
  argumentType,
  copyOfBytes,
  integer,
  invalidString,
  invalidValue,
  kind,
  outOfRange,
  quoted,
} from "../errors/argument.ts";
import type { System, ValueResult } from "../system/system.ts";
import type { Address, AddressInput, UnknownAddress } from "./address.ts";
import { decodeIpv4, decodeIpv6, encodeIpv4, encodeIpv6 } from "./inet.ts";
import {
  decodeNetlink,
  decodePacket,
  decodeVsock,
  encodeNetlink,
  encodePacket,
  encodeVsock,
} from "./linux-families.ts";
import {
  decodeAlg,
  decodeBluetooth,
  decodeCan,
  decodeQipcrtr,
  decodeTipc,
  decodeXdp,
  encodeAlg,
  encodeBluetooth,
  encodeCan,
  encodeQipcrtr,
  encodeTipc,
  encodeXdp,
} from "./special-families.ts";
import { decodePath, encodePath } from "./unix.ts";

/**
 * A sockaddr starts with a two-byte family, or on the BSDs with one byte each for length and
 * family.
 */
const DATA = 2;
/** sizeof(struct sockaddr): the length connect() requires of an AF_UNSPEC address. */
const SOCKADDR_SIZE = 16;

/**
 * Encodes an address to `into` as the system's sockaddr and its length. Throws on a bad address.
 */
export function encodeAddress(input: AddressInput, system: System, into: ValueResult): ValueResult {
  // Reads all of the input before writing: its getters may call us, and `into` is shared.
  return writeAddress(readAddress(input, system), system, into);
}

/**
 * A snapshot of an address: its family number and the rest of its sockaddr.
 */
export type ReadAddress = readonly [family: number, data: Uint8Array];

/** Reads all of an address, whose getters may do anything. Throws on a bad address. */
export function readAddress(input: AddressInput, system: System): ReadAddress {
  if (typeof input !== "object" || input === null) {
    throw argumentType(
      `address must be an object such as { family: "ipv4", address, port }, not ${kind(input)}`,
    );
  }
  return encode(input, system);
}

/** Writes a snapshot of an address. Runs no caller code. */
export function writeAddress([family, data]: ReadAddress, system: System, into: ValueResult): ValueResult {
  const length = DATA + data.byteLength;
  if (length > into.capacity) {
    throw outOfRange(
      `the data of an address is ${length - DATA} bytes long; at most ${into.capacity - DATA} fit`,
    );
  }
  into.bytes.fill(0);
  if (system.sockaddr.lengthByte) {
    into.view.setUint8(0, length);
    into.view.setUint8(1, family);
  } else {
    into.view.setUint16(0, family, true);
  }
  into.bytes.set(data, DATA);
  into.length = length;
  return into;
}

/** The family number and the rest of the sockaddr, in memory we own. */
function encode(input: AddressInput, system: System): ReadAddress {
  const { AF } = system.constants;
  // Read once: a getter may return something else the next time.
  const { family } = input;
  if (isOf(input, family, "unix")) return [AF.UNIX, encodePath(input.path, system.sockaddr)];
  if (isOf(input, family, "netlink")) return [known(AF.NETLINK, family, system), encodeNetlink(input)];
  if (isOf(input, family, "packet")) return [known(AF.PACKET, family, system), encodePacket(input, system)];
  if (isOf(input, family, "vsock")) return [known(AF.VSOCK, family, system), encodeVsock(input)];
  if (isOf(input, family, "alg")) return [known(AF.ALG, family, system), encodeAlg(input)];
  if (isOf(input, family, "bluetooth"))
    return [known(bluetooth(system), family, system), encodeBluetooth(input)];
  if (isOf(input, family, "can")) return [known(AF.CAN, family, system), encodeCan(input, system)];
  if (isOf(input, family, "qipcrtr")) return [known(AF.QIPCRTR, family, system), encodeQipcrtr(input)];
  if (isOf(input, family, "tipc")) return [known(AF.TIPC, family, system), encodeTipc(input)];
  if (isOf(input, family, "xdp")) return [known(AF.XDP, family, system), encodeXdp(input, system)];
  if (isOf(input, family, "unknown")) return encodeUnknown(input, system);
  if (isOf(input, family, "unspecified")) return [AF.UNSPEC, new Uint8Array(SOCKADDR_SIZE - DATA)];
  if (isOf(input, family, "ipv4") || isOf(input, family, "IPv4")) return [AF.INET, encodeIpv4(input)];
  if (isOf(input, family, "ipv6") || isOf(input, family, "IPv6"))
    return [AF.INET6, encodeIpv6(input, system)];
  throw invalidString(
    family,
    'the family of an address is "ipv4", "ipv6", "unix", "netlink", "packet", "vsock", ' +
      '"alg", "bluetooth", "can", "qipcrtr", ' +
      '"tipc", "xdp", "unspecified" or "unknown", ' +
      `not ${quoted(family)}`,
  );
}

/** Undefined where the addresses are laid out otherwise. */
const bluetooth = ({ constants: { AF }, sockaddr }: System) => (sockaddr.bluez ? AF.BLUETOOTH : undefined);

/** The number of a family that some systems lack. */
function known(number: number | undefined, family: AddressInput["family"], system: System): number {
  if (number !== undefined) return number;
  throw invalidValue(`${system.name} has no addresses of the family ${quoted(family)}`);
}

/**
 * Decodes an address written by a call. One that is too short for its family, or of an unknown
 * family, stays bytes.
 */
export function decodeAddress(system: System, { bytes, view, validLength }: ValueResult): Address {
  return decode(bytes, view, validLength, system);
}

/** Decodes a sockaddr. */
export function decodeSockaddr(bytes: Uint8Array, system: System): Address {
  return decode(
    bytes,
    new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    bytes.byteLength,
    system,
  );
}

function decode(bytes: Uint8Array, view: DataView, length: number, system: System): Address {
  if (length < DATA) return { family: "unspecified" };
  const number = familyIn(view, system);
  const address = decodeFamily(number, bytes, view, length, system);
  return address ?? { family: "unknown", number, data: new Uint8Array(bytes.subarray(DATA, length)) };
}

/** Undefined if the length does not match the family. */
function decodeFamily(
  number: number,
  bytes: Uint8Array,
  view: DataView,
  length: number,
  { constants: { AF }, sockaddr }: System,
): Address | undefined {
  switch (number) {
    case AF.INET:
      return decodeIpv4(bytes, view, length);
    case AF.INET6:
      return decodeIpv6(bytes, view, length);
    case AF.UNIX:
      return { family: "unix", path: decodePath(bytes.subarray(DATA, length), sockaddr) };
    case AF.UNSPEC:
      return { family: "unspecified" };
    case AF.NETLINK:
      return decodeNetlink(view, length);
    case AF.PACKET:
      return decodePacket(bytes, view, length);
    case AF.VSOCK:
      return decodeVsock(view, length);
    case AF.ALG:
      return decodeAlg(bytes, view, length);
    case AF.CAN:
      return decodeCan(view, length);
    case AF.QIPCRTR:
      return decodeQipcrtr(view, length);
    case AF.TIPC:
      return decodeTipc(view, length);
    case AF.XDP:
      return decodeXdp(view, length);
    case AF.BLUETOOTH:
      return sockaddr.bluez ? decodeBluetooth(bytes, view, length) : undefined;
    default:
      return undefined;
  }
}

/** Reads the family number of a sockaddr. */
export function familyOf(system: System, { view }: ValueResult): number {
  return familyIn(view, system);
}

const familyIn = (view: DataView, system: System) =>
  system.sockaddr.lengthByte ? view.getUint8(1) : view.getUint16(0, true);

/**
 * Node types the family of an address as string, so the other address types are told apart by their
 * own families.
 */
function isOf<Family extends AddressInput["family"]>(
  _input: AddressInput,
  said: AddressInput["family"],
  family: Family,
): _input is Extract<AddressInput, { family: Family }> {
  return said === family;
}

function encodeUnknown({ number, data }: UnknownAddress, system: System): ReadAddress {
  integer("the number of a family", number, 0, system.sockaddr.lengthByte ? 0xff : 0xffff);
  return [number, copyOfBytes("the data of an address", data)];
}
