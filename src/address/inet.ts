import { integer, invalidString, quoted } from "../errors/argument.ts";
import type { System } from "../system/system.ts";
import type { IpAddressInput, Ipv4Address, Ipv6Address } from "./address.ts";
import { type InterfaceReference, indexOfName, interfaceReference } from "./interface-index.ts";
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "./ip.ts";

// sockaddr_in and sockaddr_in6 have the same layout on every system except for the family, their
// first two bytes. Port, address and flow label are in network byte order; the rest is in host byte
// order, little-endian on every machine we support.
const FAMILY = 2;
const SIN = { port: 2, addr: 4, size: 16 };
const SIN6 = { port: 2, flowinfo: 4, addr: 8, scopeId: 24, size: 28 };

/** A sockaddr_in, without its family. */
export function encodeIpv4({ address, port }: IpAddressInput): Uint8Array {
  const parsed = typeof address === "string" ? parseIpv4(address) : undefined;
  if (parsed === undefined)
    throw invalidString(address, `address must be an IPv4 address, not ${quoted(address)}`);
  const data = new Uint8Array(SIN.size - FAMILY);
  new DataView(data.buffer).setUint16(SIN.port - FAMILY, integer("the port of an address", port, 0, 0xffff));
  data.set(parsed, SIN.addr - FAMILY);
  return data;
}

export function decodeIpv4(bytes: Uint8Array, view: DataView, length: number): Ipv4Address | undefined {
  if (length !== SIN.size) return undefined;
  return { family: "ipv4", address: formatIpv4(bytes, SIN.addr), port: view.getUint16(SIN.port) };
}

/** A sockaddr_in6, without its family. */
export function encodeIpv6(input: IpAddressInput, system: System): Uint8Array {
  const { address, port, flowlabel = 0, scopeId = 0 } = input;
  const [text = "", ...zones] = typeof address === "string" ? address.split("%") : [];
  const parsed = parseIpv6(text);
  if (parsed === undefined)
    throw invalidString(address, `address must be an IPv6 address, not ${quoted(address)}`);
  const scope = zones.length === 0 ? scopeOf(scopeId, system) : scopeOfZone(zones.join("%"), system);
  const data = new Uint8Array(SIN6.size - FAMILY);
  const view = new DataView(data.buffer);
  view.setUint16(SIN6.port - FAMILY, integer("the port of an address", port, 0, 0xffff));
  view.setUint32(SIN6.flowinfo - FAMILY, integer("the flowlabel of an address", flowlabel, 0, 0xffffffff));
  view.setUint32(SIN6.scopeId - FAMILY, scope, true);
  data.set(parsed, SIN6.addr - FAMILY);
  return data;
}

export function decodeIpv6(bytes: Uint8Array, view: DataView, length: number): Ipv6Address | undefined {
  if (length !== SIN6.size) return undefined;
  return {
    family: "ipv6",
    address: formatIpv6(bytes.subarray(SIN6.addr, SIN6.addr + 16)),
    port: view.getUint16(SIN6.port),
    flowlabel: view.getUint32(SIN6.flowinfo),
    scopeId: view.getUint32(SIN6.scopeId, true),
  };
}

function scopeOf(scopeId: InterfaceReference, system: System): number {
  const what = "the scopeId of an address";
  return typeof scopeId === "string"
    ? indexOfName(what, scopeId, system)
    : integer(what, interfaceReference(what, scopeId), 0, 0xffffffff);
}

/** RFC 4007: the percent sign is followed by the interface's index or name. */
function scopeOfZone(zone: string, system: System): number {
  const scopeId = /^\d+$/.test(zone) ? Number(zone) : 0;
  // sin6_scope_id has 32 bits: a larger number would wrap to another interface's.
  const isIndex = scopeId > 0 && scopeId <= 0xffffffff;
  return isIndex ? scopeId : indexOfName("the zone of address", zone, system);
}
