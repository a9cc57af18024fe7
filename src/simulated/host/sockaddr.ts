import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "../../address/ip.ts";
import { constants } from "../../system/linux/constants.ts";
import type { ValueResult } from "../../system/system.ts";
import { parseAddress } from "../ip/address.ts";
import type { SocketAddress } from "./kernel-socket.ts";

// The one place where sockaddrs are bytes: sockaddr_in (include/uapi/linux/in.h), sockaddr_in6
// (in6.h) and sockaddr_un (un.h).

const { AF } = constants;
const FAMILY = 2;
const SIN = { port: 2, addr: 4, size: 16 };
const SIN6 = { port: 2, flowinfo: 4, addr: 8, scopeId: 24, size: 28, withoutScope: 24 };

const NOTHING = new Uint8Array(0);

/** Decodes any bytes that a program passed. */
export function readSockaddr({ bytes, view, validLength: length }: ValueResult): SocketAddress {
  if (length < FAMILY) return { ...UNSPECIFIED, length };
  const family = view.getUint16(0, true);
  if (family === AF.INET && length >= SIN.size) {
    return {
      ...UNSPECIFIED,
      family,
      length,
      address: formatIpv4(bytes, SIN.addr),
      port: view.getUint16(SIN.port),
    };
  }
  if (family === AF.INET6 && length >= SIN6.withoutScope) {
    return {
      family,
      length,
      address: formatIpv6(bytes, SIN6.addr),
      port: view.getUint16(SIN6.port),
      flowInfo: view.getUint32(SIN6.flowinfo),
      scopeId: length >= SIN6.size ? view.getUint32(SIN6.scopeId, true) : 0,
      data: NOTHING,
    };
  }
  return { ...UNSPECIFIED, family, length, data: bytes.slice(FAMILY, length) };
}

const UNSPECIFIED: SocketAddress = {
  family: AF.UNSPEC,
  length: 0,
  address: "",
  port: 0,
  scopeId: 0,
  flowInfo: 0,
  data: NOTHING,
};

/**
 * Writes an address into a caller's buffer, truncated to its size (`value.length`), and sets the
 * length to the full one (move_addr_to_user()).
 */
export function writeSockaddr(address: SocketAddress, value: ValueResult): void {
  const bytes = encodeSockaddr(address);
  value.bytes.set(bytes.subarray(0, Math.min(bytes.length, value.length, value.capacity)));
  value.length = bytes.length;
}

/** The bytes of an address. */
export function encodeSockaddr({
  family,
  length,
  address,
  port,
  scopeId,
  flowInfo,
  data,
}: SocketAddress): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  if (length >= FAMILY) view.setUint16(0, family, true);
  if (family === AF.INET && length >= SIN.size) {
    view.setUint16(SIN.port, port);
    bytes.set(parseIpv4(address) ?? NOTHING, SIN.addr);
  } else if (family === AF.INET6 && length >= SIN6.size) {
    view.setUint16(SIN6.port, port);
    view.setUint32(SIN6.flowinfo, flowInfo);
    bytes.set(parseIpv6(address) ?? NOTHING, SIN6.addr);
    view.setUint32(SIN6.scopeId, scopeId, true);
  } else if (length > FAMILY) {
    bytes.set(data.subarray(0, length - FAMILY), FAMILY);
  }
  return bytes;
}

/** The address of an IPv4 or IPv6 socket, by the text of the address. */
export function internetAddress(address: string, port: number, scopeId = 0, flowInfo = 0): SocketAddress {
  return address.includes(":")
    ? { family: AF.INET6, length: SIN6.size, address, port, scopeId, flowInfo, data: NOTHING }
    : { family: AF.INET, length: SIN.size, address, port, scopeId: 0, flowInfo: 0, data: NOTHING };
}

/** The address of a unix socket: the bytes of sun_path; none for one without a name. */
export const unixAddress = (name: Uint8Array): SocketAddress => ({
  ...UNSPECIFIED,
  family: AF.UNIX,
  length: FAMILY + name.length,
  data: name,
});

export const isAddressText = (text: string): boolean => parseAddress(text) !== undefined;
