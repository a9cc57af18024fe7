import { EAI } from "../../system/eai.ts";
import { constants } from "../../system/linux/constants.ts";
import type { AddressInfoHints, NameInfo, ResolvedAddressInfo } from "../../system/system.ts";
import { canonical, isLoopback, isOfOneLink, mapped, unmapped, versionOf } from "../ip/address.ts";
import { lookUp, type NameTable } from "./host-resolver.ts";
import type { SocketAddress } from "./kernel-socket.ts";
import type { NetworkInterface } from "./network-interface.ts";
import { serviceByName, serviceByPort } from "./services.ts";
import { encodeSockaddr, internetAddress } from "./sockaddr.ts";

// getaddrinfo() and getnameinfo() of glibc, over the names of a network instead of files and name
// servers. Addresses of a name stay in the order of its host, rather than that of RFC 6724.

const { AF, AI, IPPROTO, NI, SOCK } = constants;
const { EAI_ADDRFAMILY, EAI_BADFLAGS, EAI_FAMILY, EAI_NODATA, EAI_NONAME, EAI_SERVICE, EAI_SOCKTYPE } = EAI;

/** Of getaddrinfo(): those of IDN, too, which change nothing here. */
const KNOWN_AI = 0x7ff;
/** Of getnameinfo(). */
const KNOWN_NI = 0xff;

/** The names that a host's resolver knows. */
export interface LocalNames extends NameTable {
  readonly hostName: string;
  interfaces(): readonly NetworkInterface[];
}

/** A kind of socket that services have: gaih_inet_typeproto[] of glibc's getaddrinfo(). */
interface Kind {
  readonly socktype: number;
  readonly protocol: number;
  /** As in the table of services; undefined for raw sockets, which have none. */
  readonly name: string | undefined;
  /** Whether hints without a type ask for it. */
  readonly usual: boolean;
}

const UDPLITE = 136;
const kinds: readonly Kind[] = [
  { socktype: SOCK.STREAM, protocol: IPPROTO.TCP, name: "tcp", usual: true },
  { socktype: SOCK.DGRAM, protocol: IPPROTO.UDP, name: "udp", usual: true },
  { socktype: SOCK.DGRAM, protocol: UDPLITE, name: "udplite", usual: false },
  { socktype: SOCK.STREAM, protocol: IPPROTO.SCTP ?? 132, name: "sctp", usual: false },
  { socktype: SOCK.SEQPACKET ?? 5, protocol: IPPROTO.SCTP ?? 132, name: "sctp", usual: false },
  { socktype: SOCK.RAW ?? 3, protocol: 0, name: undefined, usual: true },
];

/** A kind of socket, and the port of the service on it. */
interface Service {
  readonly socktype: number;
  readonly protocol: number;
  readonly port: number;
}

/** An address, and the interface that a zone names. */
interface Found {
  readonly address: string;
  readonly scopeId: number;
}

/** The addresses of a name and a service; or a number of EAI, made negative. */
export function addressInfo(
  names: LocalNames,
  node: string | null,
  service: string | null,
  hints: AddressInfoHints,
): readonly ResolvedAddressInfo[] | number {
  const { flags, family } = hints;
  const name = node === "*" ? null : node;
  const wanted = service === "*" ? null : service;
  if (name === null && wanted === null) return -EAI_NONAME;
  if (flags & ~KNOWN_AI || (flags & AI.CANONNAME && name === null)) return -EAI_BADFLAGS;
  if (family !== 0 && family !== AF.INET && family !== AF.INET6) return -EAI_FAMILY;
  const services = servicesOf(wanted, hints);
  if (typeof services === "number") return services;
  const found = name === null ? ownAddresses(hints) : addressesOf(names, name, hints);
  if (typeof found === "number") return found;
  const entries = found.flatMap(({ address, scopeId }) =>
    services.map(({ socktype, protocol, port }) => ({
      family: versionOf(address) === 4 ? AF.INET : AF.INET6,
      socktype,
      protocol,
      address: encodeSockaddr(internetAddress(address, port, scopeId)),
      canonname: undefined,
    })),
  );
  const [first, ...others] = entries;
  if (first === undefined || name === null || !(flags & AI.CANONNAME)) return entries;
  return [{ ...first, canonname: name }, ...others];
}

/** The kinds of sockets that the hints ask for, with their ports. */
function servicesOf(
  service: string | null,
  { flags, socktype, protocol }: AddressInfoHints,
): readonly Service[] | number {
  const any = socktype === 0 && protocol === 0;
  const matching = kinds.filter(
    (kind) =>
      (socktype === 0 || kind.socktype === socktype) &&
      (protocol === 0 || kind.protocol === protocol || kind.name === undefined) &&
      (!any || kind.usual),
  );
  const [first] = matching;
  if (first === undefined) return socktype === 0 ? -EAI_SERVICE : -EAI_SOCKTYPE;
  if (service !== null && !any && first.name === undefined) return -EAI_SERVICE;
  const asked = any ? matching : [first];
  // strtoul(): spaces, a sign, and then nothing but digits; what is below 0 is no port.
  if (service === null || /^\s*(\+?\d+)?$/.test(service)) {
    const port = Number(service ?? 0) & 0xffff;
    return asked.map((kind) => ({
      socktype: kind.socktype,
      protocol: kind.name === undefined ? protocol : kind.protocol,
      port,
    }));
  }
  if (flags & AI.NUMERICSERV) return -EAI_NONAME;
  const named = asked.flatMap(({ name, ...kind }) => {
    const entry = name === undefined ? undefined : serviceByName(service, name);
    return entry === undefined ? [] : [{ ...kind, port: entry.port }];
  });
  return named.length === 0 ? -EAI_SERVICE : named;
}

/** Without a name: every address, or this host's. */
function ownAddresses({ flags, family }: AddressInfoHints): readonly Found[] {
  const addresses = flags & AI.PASSIVE ? ["0.0.0.0", "::"] : ["::1", "127.0.0.1"];
  return addresses.map((address) => ({ address, scopeId: 0 })).filter(ofFamily(family));
}

const ofFamily =
  (family: number) =>
  ({ address }: Found): boolean =>
    family === 0 || (versionOf(address) === 4) === (family === AF.INET);

function addressesOf(
  names: LocalNames,
  name: string,
  { flags, family }: AddressInfoHints,
): readonly Found[] | number {
  const mapsV4 = family === AF.INET6 && (flags & AI.V4MAPPED) !== 0;
  const numeric = numericAddress(name, names.interfaces());
  if (numeric !== undefined) {
    if (ofFamily(family)(numeric)) return [numeric];
    const { address } = numeric;
    const other = versionOf(address) === 4 ? (mapsV4 ? mapped(address) : undefined) : unmapped(address);
    return other === undefined ? -EAI_ADDRFAMILY : [{ address: other, scopeId: 0 }];
  }
  if (flags & AI.NUMERICHOST || name === "" || name.includes(":")) return -EAI_NONAME;
  const all = lookUp(names, name, 0).map(({ address }) => ({ address, scopeId: 0 }));
  if (all.length === 0) return -EAI_NONAME;
  const usable = all.filter(ofFamily(configuredFamily(names, flags, family)));
  if (mapsV4 && (usable.length === 0 || flags & AI.ALL)) {
    const ipv4 = all.filter(ofFamily(AF.INET));
    usable.push(...ipv4.map(({ address }) => ({ address: mapped(address), scopeId: 0 })));
  }
  return usable.length === 0 ? -EAI_NODATA : usable;
}

/** AI_ADDRCONFIG: only versions of IP of which the host has an address, beside loopback. */
function configuredFamily(names: LocalNames, flags: number, family: number): number {
  if (!(flags & AI.ADDRCONFIG) || family !== 0) return family;
  const versions = new Set(
    names
      .interfaces()
      .filter(({ loopback }) => !loopback)
      .flatMap(({ addresses }) => addresses.map(({ version }) => version)),
  );
  if (versions.size !== 1) return family;
  return versions.has(4) ? AF.INET : AF.INET6;
}

/** An address as inet_aton(3) and inet_pton(3) take them, with a zone. */
function numericAddress(text: string, interfaces: readonly NetworkInterface[]): Found | undefined {
  const [before = "", zone, ...more] = text.split("%");
  const address = before.includes(":") ? canonical(before) : undefined;
  if (address === undefined) {
    const ipv4 = looseIpv4(text);
    return ipv4 === undefined ? undefined : { address: ipv4, scopeId: 0 };
  }
  if (zone === undefined) return { address, scopeId: 0 };
  // Only addresses of one link have a zone with a name (__inet6_scopeid_pton()).
  const named = isOfOneLink(address) ? interfaces.find(({ name }) => name === zone)?.index : undefined;
  const scopeId = named ?? (/^\d+$/.test(zone) ? Number(zone) : undefined);
  return scopeId === undefined || scopeId > 0xffffffff || more.length > 0 ? undefined : { address, scopeId };
}

/**
 * inet_aton(3): one to four numbers, of which the last fills what is left; octal and hexadecimal.
 */
function looseIpv4(text: string): string | undefined {
  const parts = text.split(".");
  if (parts.length > 4 || !parts.every((part) => /^(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.test(part)))
    return undefined;
  const numbers = parts.map((part) => Number(/^0\d/.test(part) ? `0o${part.slice(1)}` : part));
  const last = numbers.pop() ?? 0;
  if (last >= 256 ** (4 - numbers.length) || numbers.some((number) => number > 255)) return undefined;
  const value = numbers.reduce((sum, number, index) => sum + number * 256 ** (3 - index), last);
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join(".");
}

/** The names of an address; or a number of EAI, made negative. */
export function nameInfo(names: LocalNames, address: SocketAddress, flags: number): NameInfo | number {
  if (flags & ~KNOWN_NI) return -EAI_BADFLAGS;
  if (address.family === AF.UNIX) return unixName(names, address, flags);
  // Too short a sockaddr has no address.
  if (address.address === "") return -EAI_FAMILY;
  const named = flags & NI.NUMERICHOST ? undefined : nameOf(names, address.address);
  if (named === undefined && flags & NI.NAMEREQD) return -EAI_NONAME;
  const service =
    flags & NI.NUMERICSERV ? undefined : serviceByPort(address.port, flags & NI.DGRAM ? "udp" : "tcp");
  return { host: named ?? numericName(names, address), service: service?.name ?? `${address.port}` };
}

const nameOf = (names: LocalNames, address: string): string | undefined =>
  isLoopback(address) ? "localhost" : names.nameOf(unmapped(address) ?? address);

/** An address of one link has the name of its interface for a zone. */
function numericName(names: LocalNames, { address, scopeId }: SocketAddress): string {
  if (scopeId === 0) return address;
  const found = isOfOneLink(address) ? names.interfaces().find(({ index }) => index === scopeId) : undefined;
  return `${address}%${found?.name ?? scopeId}`;
}

function unixName({ hostName }: LocalNames, { data }: SocketAddress, flags: number): NameInfo | number {
  if (flags & NI.NAMEREQD && flags & NI.NUMERICHOST) return -EAI_NONAME;
  const end = data.indexOf(0);
  return {
    host: flags & NI.NUMERICHOST ? "localhost" : hostName,
    service: new TextDecoder().decode(end < 0 ? data : data.subarray(0, end)),
  };
}
