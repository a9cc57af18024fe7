import { checkObject, integer } from "../errors/argument.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { currentSystem } from "../system/current.ts";
import type { System } from "../system/system.ts";
import { interfaceEntries } from "./interface-errors.ts";
import { checkNetPermission } from "./net-permission.ts";

/** Everything `if_indextoname()` can fail with. */
export const if_indextonameErrors = new ErrorSet("if_indextoname", {
  DeviceNotFound: {
    codes: ["ENXIO", "ENODEV"],
    message: "No network interface has this index.",
  },
  ...interfaceEntries,
});

export type If_indextonameErrorName = NameOf<typeof if_indextonameErrors>;
export type If_indextonameError = ErrorOf<typeof if_indextonameErrors>;

/** Whether an error was thrown by `if_indextoname()`. */
export const isIf_indextonameError = (error: unknown): error is If_indextonameError =>
  if_indextonameErrors.has(error);

/** Longer than IF_NAMESIZE of <net/if.h>, 16, and of netioapi.h, 257. */
const NAME_SIZE = 264;

/**
 * Returns the name of the network interface with an index.
 *
 * @param index the index, such as the scopeId of an address or the ifindex of a control message
 * @param options `system`: the system to ask; this machine's by default
 * @throws If_indextonameError named `DeviceNotFound`, `ProcessFdQuotaExceeded`,
 * `SystemFdQuotaExceeded`, `SystemResources` or `Unexpected`
 * @throws TypeError if `index` is not a number
 * @throws RangeError if `index` is not an unsigned integer of 32 bits
 * @example
 * ```ts
 * for (const { index, name } of if_nameindex()) {
 *   if (if_indextoname(index) !== name) throw new Error("renamed meanwhile");
 * }
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/if_indextoname.html)
 * @see [Linux](https://man7.org/linux/man-pages/man3/if_indextoname.3.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=if_indextoname&sektion=3)
 * @see [Windows](https://learn.microsoft.com/windows/win32/api/netioapi/nf-netioapi-if_indextoname)
 */
export function if_indextoname(index: number, options: { readonly system?: System } = {}): string {
  return unwrap(tryIf_indextoname(index, options), if_indextoname);
}

/** Like {@link if_indextoname}, but returns errors instead of throwing them. */
export function tryIf_indextoname(
  index: number,
  options: { readonly system?: System } = {},
): Result<string, If_indextonameError> {
  checkNetPermission();
  integer("index", index, 0, 0xffffffff);
  checkObject("options", "{ system? }", options);
  const { system = currentSystem() } = options;
  const name = Buffer.alloc(NAME_SIZE);
  const returned = system.if_indextoname(index, name);
  if (returned >= 0) return { ok: true, value: name.toString("utf8", 0, name.indexOf(0)) };
  return if_indextonameErrors.failure(system, returned, { about: String(index) });
}
