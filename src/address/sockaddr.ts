import { integer, kind, quoted } from "../errors/argument.ts";
import type { System, ValueResult } from "../system/system.ts";
import { lengthOf } from "../system/view.ts";
import type { Address, AddressInput, IpAddressInput, UnixAddress, UnknownAddress } from "./address.ts";
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "./ip.ts";
import { decodePath, encodePath } from "./unix.ts";

// sockaddr_in and sockaddr_in6 are laid out alike on every system but for their first two bytes: the family on Linux
// and Windows, a length and the family on the BSDs. Port, address and flow label are in network order; the rest is in
// the host's, little-endian on every machine that we support.
const DATA = 2;
const SIN = { port: 2, addr: 4, size: 16 };
const SIN6 = { port: 2, flowinfo: 4, addr: 8, scopeId: 24, size: 28 };

/** Writes an address as the system's sockaddr, with its length, into `into`. A bad address throws. */
export function encodeAddress(input: AddressInput, system: System, into: ValueResult): ValueResult {
  if (typeof input !== "object" || input === null) {
    throw new TypeError(
      `an address is an object such as { family: "ipv4", address, port }, not ${kind(input)}`,
    );
  }
  const { AF } = system.constants;
  if (isUnix(input)) {
    const path = encodePath(input.path, system.sockaddr.sunPathSize);
    begin(AF.UNIX, DATA + path.byteLength, system, into);
    into.bytes.set(path, DATA);
    return into;
  }
  if (isUnknown(input)) return encodeUnknown(input, system, into);
  if (!isIp(input)) return begin(AF.UNSPEC, SIN.size, system, into);
  if (input.family === "ipv4" || input.family === "IPv4") return encodeIpv4(input, system, into);
  return encodeIpv6(input, system, into);
}

/** The address in a sockaddr. What is too short for its family, or of a family unknown here, stays bytes. */
export function decodeAddress(system: System, from: ValueResult): Address {
  const { AF } = system.constants;
  const { bytes, view } = from;
  const length = from.validLength;
  if (length < DATA) return { family: "unspecified" };
  const number = familyOf(system, from);
  if (number === AF.UNSPEC) return { family: "unspecified" };
  if (number === AF.UNIX) return { family: "unix", path: decodePath(bytes.subarray(DATA, length)) };
  if (number === AF.INET && length === SIN.size) {
    return { family: "ipv4", address: formatIpv4(bytes, SIN.addr), port: view.getUint16(SIN.port) };
  }
  if (number === AF.INET6 && length === SIN6.size) {
    return {
      family: "ipv6",
      address: formatIpv6(bytes.subarray(SIN6.addr, SIN6.addr + 16)),
      port: view.getUint16(SIN6.port),
      flowlabel: view.getUint32(SIN6.flowinfo),
      scopeId: view.getUint32(SIN6.scopeId, true),
    };
  }
  return { family: "unknown", number, data: bytes.slice(DATA, length) };
}

/** The number of the family in a sockaddr. */
export function familyOf(system: System, { view }: ValueResult): number {
  return system.sockaddr.lengthByte ? view.getUint8(1) : view.getUint16(0, true);
}

const isUnix = (input: AddressInput): input is UnixAddress => input.family === "unix";
const isUnknown = (input: AddressInput): input is UnknownAddress => input.family === "unknown";

function isIp(input: AddressInput): input is IpAddressInput {
  const { family } = input;
  if (family === "unspecified") return false;
  if (family === "ipv4" || family === "IPv4" || family === "ipv6" || family === "IPv6") return true;
  throw new TypeError(
    `the family of an address is "ipv4", "ipv6", "unix", "unspecified" or "unknown", not ${quoted(family)}`,
  );
}

function encodeIpv4(input: IpAddressInput, system: System, into: ValueResult): ValueResult {
  const { address, port } = input;
  const bytes = typeof address === "string" ? parseIpv4(address) : undefined;
  if (bytes === undefined) throw new TypeError(`${quoted(address)} is not an IPv4 address`);
  integer("the port of an address", port, 0, 0xffff);
  begin(system.constants.AF.INET, SIN.size, system, into);
  into.view.setUint16(SIN.port, port);
  into.bytes.set(bytes, SIN.addr);
  return into;
}

function encodeIpv6(input: IpAddressInput, system: System, into: ValueResult): ValueResult {
  const { address, port, flowlabel = 0, scopeId = 0 } = input;
  const [text = "", ...zones] = typeof address === "string" ? address.split("%") : [];
  const bytes = parseIpv6(text);
  if (bytes === undefined) throw new TypeError(`${quoted(address)} is not an IPv6 address`);
  const scope = zones.length === 0 ? scopeId : scopeOfZone(zones.join("%"), system);
  integer("the port of an address", port, 0, 0xffff);
  integer("the flowlabel of an address", flowlabel, 0, 0xffffffff);
  integer("the scopeId of an address", scope, 0, 0xffffffff);
  begin(system.constants.AF.INET6, SIN6.size, system, into);
  into.view.setUint16(SIN6.port, port);
  into.view.setUint32(SIN6.flowinfo, flowlabel);
  into.bytes.set(bytes, SIN6.addr);
  into.view.setUint32(SIN6.scopeId, scope, true);
  return into;
}

/** RFC 4007: what follows the percent sign is the interface's number, or its name. */
function scopeOfZone(zone: string, system: System): number {
  const scopeId = /^\d+$/.test(zone) ? Number(zone) : system.interfaceIndex(zone);
  // To C, the name would end at a NUL.
  if (scopeId === 0 || zone.includes("\0"))
    throw new RangeError(`there is no network interface ${JSON.stringify(zone)} here`);
  return scopeId;
}

function encodeUnknown(input: UnknownAddress, system: System, into: ValueResult): ValueResult {
  const { number, data } = input;
  if (!(data instanceof Uint8Array)) {
    throw new TypeError(`the data of an address must be a Uint8Array, not ${kind(data)}`);
  }
  integer("the number of a family", number, 0, system.sockaddr.lengthByte ? 0xff : 0xffff);
  const length = lengthOf(data);
  if (DATA + length > into.capacity) {
    throw new RangeError(
      `the data of an address is ${length} bytes long; at most ${into.capacity - DATA} fit`,
    );
  }
  begin(number, DATA + length, system, into);
  into.bytes.set(data, DATA);
  return into;
}

/**
 * An empty sockaddr of the family. What the caller gave must have been read by then: its getters may call us, and
 * `into` is shared.
 */
function begin(family: number, length: number, system: System, into: ValueResult): ValueResult {
  into.bytes.fill(0);
  if (system.sockaddr.lengthByte) {
    into.view.setUint8(0, length);
    into.view.setUint8(1, family);
  } else {
    into.view.setUint16(0, family, true);
  }
  into.length = length;
  return into;
}
