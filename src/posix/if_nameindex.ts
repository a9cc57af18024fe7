import { checkObject } from "../errors/argument.ts";
import {
  ProcessFdQuotaExceeded,
  SystemFdQuotaExceeded,
  SystemResources,
  Unexpected,
} from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { currentSystem } from "../system/current.ts";
import type { InterfaceName, System } from "../system/system.ts";
import { checkNetPermission } from "./net-permission.ts";

export type { InterfaceName };

/** Everything `if_nameindex()` can fail with. */
export const if_nameindexErrors = new ErrorSet("if_nameindex", {
  OperationNotSupported: {
    codes: ["EOPNOTSUPP"],
    message: "The system has no call that lists network interfaces.",
    advice: "On Windows, use os.networkInterfaces().",
  },
  ProcessFdQuotaExceeded,
  SystemFdQuotaExceeded,
  SystemResources,
  Unexpected,
});

export type If_nameindexErrorName = NameOf<typeof if_nameindexErrors>;
export type If_nameindexError = ErrorOf<typeof if_nameindexErrors>;

/** Whether an error was thrown by `if_nameindex()`. */
export const isIf_nameindexError = (error: unknown): error is If_nameindexError =>
  if_nameindexErrors.has(error);

/**
 * Lists the network interfaces, including those that are down or have no address, which
 * `os.networkInterfaces()` omits. Not supported on Windows.
 *
 * @param options `system`: the system to ask; this machine's by default
 * @throws If_nameindexError named `OperationNotSupported`, `ProcessFdQuotaExceeded`,
 * `SystemFdQuotaExceeded`, `SystemResources` or `Unexpected`
 * @example
 * ```ts
 * console.log(if_nameindex().map(({ index, name }) => `${index}: ${name}`));
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/if_nameindex.html)
 * @see [Linux](https://man7.org/linux/man-pages/man3/if_nameindex.3.html)
 * @see [FreeBSD](https://man.freebsd.org/cgi/man.cgi?query=if_nameindex&sektion=3)
 */
export function if_nameindex(options: { readonly system?: System } = {}): InterfaceName[] {
  return unwrap(tryIf_nameindex(options), if_nameindex);
}

/** Like {@link if_nameindex}, but returns errors instead of throwing them. */
export function tryIf_nameindex(
  options: { readonly system?: System } = {},
): Result<InterfaceName[], If_nameindexError> {
  checkNetPermission();
  checkObject("options", "{ system? }", options);
  const { system = currentSystem() } = options;
  const names: InterfaceName[] = [];
  const returned = system.if_nameindex(names);
  return returned >= 0 ? { ok: true, value: names } : if_nameindexErrors.failure(system, returned);
}
