import type { AddressInput } from "../address/address.ts";
import { encodeAddress } from "../address/sockaddr.ts";
import { checkObject, int } from "../errors/argument.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { defined } from "../invariant.ts";
import { currentSystem } from "../system/current.ts";
import type { NameInfo, System } from "../system/system.ts";
import { endpointOf } from "./endpoint.ts";
import { checkNetPermission } from "./net-permission.ts";
import { resolverEntries } from "./resolver-errors.ts";

export type { NameInfo };

/** Everything `getnameinfo()` can fail with. */
export const getnameinfoErrors = new ErrorSet("getnameinfo", {
  AddressFamilyNotSupported: {
    codes: ["EAI_FAMILY"],
    message: "The resolver does not know the address family.",
  },
  InvalidArgument: {
    codes: ["EAI_BADFLAGS", "EAI_IDN_ENCODE"],
    message: "A flag is unknown, or the name cannot be decoded.",
  },
  ...resolverEntries,
  UnknownHostName: {
    codes: ["EAI_NONAME"],
    message: "The address has no name, and NI.NAMEREQD requires one.",
  },
});

export type GetnameinfoErrorName = NameOf<typeof getnameinfoErrors>;
export type GetnameinfoError = ErrorOf<typeof getnameinfoErrors>;

/** Whether an error was thrown by `getnameinfo()`. */
export const isGetnameinfoError = (error: unknown): error is GetnameinfoError => getnameinfoErrors.has(error);

/**
 * Looks up the host name of an address and the service name of its port. If one has no name, its
 * number is returned as text.
 *
 * Blocks the thread as `getaddrinfo()` does, unless `NI.NUMERICHOST` is set.
 *
 * @param address an IP address
 * @param flags `NI.NUMERICHOST`, `NI.DGRAM` and so on
 * @param options `system`: the system to ask; this machine's by default
 * @throws GetnameinfoError named `AddressFamilyNotSupported`, `InvalidArgument`,
 * `NameServerFailure`, `NameTooLong`, `OperationNotSupported`, `ProcessFdQuotaExceeded`,
 * `SystemFdQuotaExceeded`, `SystemResources`, `TemporaryNameServerFailure`, `Unexpected` or
 * `UnknownHostName`. Its errno is Node's number for the EAI_ code
 * @throws TypeError if an argument is of the wrong type, or the address malformed
 * @throws RangeError if a number is out of range
 * @example
 * ```ts
 * const address = { family: "ipv6", address: "::1", port: 1234 } as const;
 * console.log(getnameinfo(address, NI.NUMERICHOST | NI.NUMERICSERV)); // { host: '::1', service: '1234' }
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/getnameinfo.html)
 * @see [Linux](https://man7.org/linux/man-pages/man3/getnameinfo.3.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=getnameinfo&sektion=3)
 */
export function getnameinfo(
  address: AddressInput,
  flags = 0,
  options: { readonly system?: System } = {},
): NameInfo {
  return unwrap(tryGetnameinfo(address, flags, options), getnameinfo);
}

/**
 * Like {@link getnameinfo}, but returns errors instead of throwing them. Still throws on a bad
 * argument.
 */
export function tryGetnameinfo(
  address: AddressInput,
  flags = 0,
  options: { readonly system?: System } = {},
): Result<NameInfo, GetnameinfoError> {
  checkNetPermission();
  int("flags", flags);
  checkObject("options", "{ system? }", options);
  const { system = currentSystem() } = options;
  const found: NameInfo[] = [];
  const returned = system.getnameinfo(encodeAddress(address, system, system.address), flags, found);
  if (returned < 0) {
    return getnameinfoErrors.failure(system, returned, { where: () => endpointOf(address) });
  }
  return { ok: true, value: defined(found[0], "a call that succeeds finds names") };
}
