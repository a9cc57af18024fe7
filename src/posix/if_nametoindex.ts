import { checkObject, cString } from "../errors/argument.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { currentSystem } from "../system/current.ts";
import type { System } from "../system/system.ts";
import { interfaceEntries } from "./interface-errors.ts";
import { checkNetPermission } from "./net-permission.ts";

/** Everything `if_nametoindex()` can fail with. */
export const if_nametoindexErrors = new ErrorSet("if_nametoindex", {
  DeviceNotFound: {
    codes: ["ENODEV", "ENXIO"],
    message: "No network interface has this name.",
  },
  ...interfaceEntries,
});

export type If_nametoindexErrorName = NameOf<typeof if_nametoindexErrors>;
export type If_nametoindexError = ErrorOf<typeof if_nametoindexErrors>;

/** Whether an error was thrown by `if_nametoindex()`. */
export const isIf_nametoindexError = (error: unknown): error is If_nametoindexError =>
  if_nametoindexErrors.has(error);

/**
 * Returns the index of the network interface with a name. Options and addresses that take an index
 * also take the name itself.
 *
 * @param name the name, such as `"lo"` or `"eth0"`
 * @param options `system`: the system to ask; this machine's by default
 * @throws If_nametoindexError named `DeviceNotFound`, `ProcessFdQuotaExceeded`,
 * `SystemFdQuotaExceeded`, `SystemResources` or `Unexpected`
 * @throws TypeError if `name` is not a string, or contains a NUL
 * @example
 * ```ts
 * const [first] = if_nameindex();
 * console.log(first !== undefined && if_nametoindex(first.name) === first.index); // true
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/if_nametoindex.html)
 * @see [Linux](https://man7.org/linux/man-pages/man3/if_nametoindex.3.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=if_nametoindex&sektion=3)
 * @see [Windows](https://learn.microsoft.com/windows/win32/api/netioapi/nf-netioapi-if_nametoindex)
 */
export function if_nametoindex(name: string, options: { readonly system?: System } = {}): number {
  return unwrap(tryIf_nametoindex(name, options), if_nametoindex);
}

/** Like {@link if_nametoindex}, but returns errors instead of throwing them. */
export function tryIf_nametoindex(
  name: string,
  options: { readonly system?: System } = {},
): Result<number, If_nametoindexError> {
  checkNetPermission();
  cString("name", name);
  checkObject("options", "{ system? }", options);
  const { system = currentSystem() } = options;
  const returned = system.if_nametoindex(name);
  if (returned >= 0) return { ok: true, value: returned };
  return if_nametoindexErrors.failure(system, returned, { about: JSON.stringify(name) });
}
