import type { Address } from "../address/address.ts";
import { decodeSockaddr } from "../address/sockaddr.ts";
import { checkObject, cString, int, integer } from "../errors/argument.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { currentSystem } from "../system/current.ts";
import type { ResolvedAddressInfo, System } from "../system/system.ts";
import { checkNetPermission } from "./net-permission.ts";
import { resolverEntries } from "./resolver-errors.ts";

/** Everything `getaddrinfo()` can fail with. */
export const getaddrinfoErrors = new ErrorSet("getaddrinfo", {
  AddressFamilyNotSupported: {
    codes: ["EAI_FAMILY"],
    message: "The resolver does not support the address family.",
  },
  HostLacksNetworkAddresses: {
    codes: ["EAI_ADDRFAMILY", "EAI_NODATA"],
    message: "The host exists, but has no address, or none of the address family.",
  },
  InvalidArgument: {
    codes: ["EAI_BADFLAGS", "EAI_BADHINTS", "EAI_IDN_ENCODE"],
    message: "The flags contradict each other or the name, or are unknown; or the name cannot be encoded.",
  },
  ...resolverEntries,
  ProtocolNotSupported: {
    codes: ["EAI_PROTOCOL"],
    message: "The protocol is unknown.",
  },
  ServiceUnavailable: {
    codes: ["EAI_SERVICE"],
    message: "The service is unknown, or not one of the socket type.",
  },
  SocketTypeNotSupported: {
    codes: ["EAI_SOCKTYPE"],
    message: "The resolver does not support the socket type, or not with the protocol.",
  },
  UnknownHostName: {
    codes: ["EAI_NONAME"],
    message:
      "There is no host with this name; a number was required, but a name was given; or host and service are " +
      "both null.",
  },
});

export type GetaddrinfoErrorName = NameOf<typeof getaddrinfoErrors>;
export type GetaddrinfoError = ErrorOf<typeof getaddrinfoErrors>;

/** Whether an error was thrown by `getaddrinfo()`. */
export const isGetaddrinfoError = (error: unknown): error is GetaddrinfoError => getaddrinfoErrors.has(error);

/** Options of `getaddrinfo()`: which addresses to look for, and on which system. */
export interface GetaddrinfoOptions {
  /** `AI.PASSIVE`, `AI.CANONNAME` and so on, combined with `|`. */
  readonly flags?: number;
  /** `AF.INET` or `AF.INET6`; 0, the default, means both. */
  readonly family?: number;
  /** `SOCK.STREAM` or `SOCK.DGRAM`; 0, the default, means every type. */
  readonly socktype?: number;
  /** `IPPROTO.TCP` and so on; 0, the default, means every protocol. */
  readonly protocol?: number;
  /** The system to ask; this machine's by default. */
  readonly system?: System;
}

/** An address of a host, with the socket that reaches it. */
export interface AddressInfo {
  /** The first argument for `socket()`. */
  readonly family: number;
  /** The second argument. */
  readonly socktype: number;
  /** The third argument. */
  readonly protocol: number;
  /** The address for `connect()`, or with `AI.PASSIVE` for `bind()`. */
  readonly address: Address;
  /** The host's canonical name; only in the first entry, with `AI.CANONNAME`. */
  readonly canonname: string | undefined;
}

/**
 * Looks up the addresses of a host and the port of a service, as the C library does: in /etc/hosts,
 * from name servers, and from the other sources in nsswitch.conf.
 *
 * Blocks the thread until name servers have answered or timed out, which can take half a minute. If
 * that matters, call it in a worker thread, or use node:dns, which lacks service names and most
 * flags.
 *
 * @param host the name or the address of a host; null means this machine
 * @param service the name of a service, such as `"https"`, or a port; null means port 0, and
 * requires a host
 * @param options which addresses; without `socktype`, there is an entry for each type
 * @returns at least one entry, in the order in which to try them
 * @throws GetaddrinfoError named `AddressFamilyNotSupported`, `HostLacksNetworkAddresses`,
 * `InvalidArgument`, `NameServerFailure`, `NameTooLong`, `OperationNotSupported`,
 * `ProcessFdQuotaExceeded`, `SystemFdQuotaExceeded`, `SystemResources`,
 * `TemporaryNameServerFailure`, `Unexpected`, `ProtocolNotSupported`, `ServiceUnavailable`,
 * `SocketTypeNotSupported` or `UnknownHostName`. Its errno is Node's number for the EAI_ code
 * @throws TypeError if an argument is of the wrong type, or a name contains a NUL
 * @throws RangeError if a number is out of range
 * @example
 * ```ts
 * for (const info of getaddrinfo("127.0.0.1", 80, { socktype: SOCK.STREAM })) {
 *   using client = socket(info.family, info.socktype, info.protocol);
 *   console.log(info.address); // { family: 'ipv4', address: '127.0.0.1', port: 80 }
 * }
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/getaddrinfo.html)
 * @see [Linux](https://man7.org/linux/man-pages/man3/getaddrinfo.3.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=getaddrinfo&sektion=3)
 */
export function getaddrinfo(
  host: string | null,
  service: string | number | null = null,
  options: GetaddrinfoOptions = {},
): AddressInfo[] {
  return unwrap(tryGetaddrinfo(host, service, options), getaddrinfo);
}

/**
 * Like {@link getaddrinfo}, but returns errors instead of throwing them. Still throws on a bad
 * argument.
 */
export function tryGetaddrinfo(
  host: string | null,
  service: string | number | null = null,
  options: GetaddrinfoOptions = {},
): Result<AddressInfo[], GetaddrinfoError> {
  checkNetPermission();
  if (host !== null) cString("host", host);
  const port = typeof service === "number" ? `${integer("service", service, 0, 0xffff)}` : service;
  if (port !== null) cString("service", port);
  checkObject("options", "{ flags?, family?, socktype?, protocol?, system? }", options);
  const { flags = 0, family = 0, socktype = 0, protocol = 0, system = currentSystem() } = options;
  const hints = {
    flags: int("flags", flags),
    family: int("family", family),
    socktype: int("socktype", socktype),
    protocol: int("protocol", protocol),
  };
  if (typeof service === "string" && isNoPort(service)) {
    return getaddrinfoErrors.fail(system, "ServiceUnavailable", undefined, about(host, service));
  }
  const found: ResolvedAddressInfo[] = [];
  const returned = system.getaddrinfo(host, port, hints, found);
  if (returned >= 0) {
    // musl always returns the name, in every entry.
    const isNamed = (hints.flags & (system.constants.AI.CANONNAME ?? 0)) !== 0;
    const entries = found.map((entry, index) => addressInfo(entry, system, isNamed && index === 0));
    return { ok: true, value: entries };
  }
  return getaddrinfoErrors.failure(system, returned, { about: about(host, service) });
}

/**
 * Whether it is a number, as strtoul(3) takes it, but not a port: glibc would use its low 16 bits.
 */
function isNoPort(service: string): boolean {
  const number = /^\s*[+-]?\d+$/.test(service) ? Number(service) : 0;
  return number < 0 || number > 0xffff;
}

function addressInfo(entry: ResolvedAddressInfo, system: System, isNamed: boolean): AddressInfo {
  return {
    ...entry,
    address: decodeSockaddr(entry.address, system),
    canonname: isNamed ? entry.canonname : undefined,
  };
}

/** The host and service, for error messages. */
function about(host: string | null, service: string | number | null): string {
  const given = [host, service].filter((each) => each !== null);
  return given.map((each) => JSON.stringify(each)).join(" ");
}
