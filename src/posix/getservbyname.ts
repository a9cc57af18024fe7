import { checkObject, cString } from "../errors/argument.ts";
import { Unexpected } from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { defined } from "../invariant.ts";
import { currentSystem } from "../system/current.ts";
import type { ServiceEntry, System } from "../system/system.ts";

export type { ServiceEntry };

/** Everything `getservbyname()` can fail with. */
export const getservbynameErrors = new ErrorSet("getservbyname", {
  NotFound: {
    codes: ["ENOENT"],
    message: "The table of services has no such name, or not with this protocol.",
  },
  OperationNotSupported: {
    codes: ["EOPNOTSUPP"],
    message: "Not supported on Windows.",
  },
  Unexpected,
});

export type GetservbynameErrorName = NameOf<typeof getservbynameErrors>;
export type GetservbynameError = ErrorOf<typeof getservbynameErrors>;

/** Whether an error was thrown by `getservbyname()`. */
export const isGetservbynameError = (error: unknown): error is GetservbynameError =>
  getservbynameErrors.has(error);

/**
 * Looks up the port of a service by its name or an alias in the table of services (/etc/services).
 *
 * @param name the name, such as `"http"`
 * @param protocol the name of a protocol, such as `"tcp"`; null for the first that has the service
 * @param options `system`: the system to ask; this machine's by default
 * @throws GetservbynameError named `NotFound`, `OperationNotSupported` or `Unexpected`
 * @throws TypeError if a name is not a string, or contains a NUL
 * @example
 * ```ts
 * const result = tryGetservbyname("https", "tcp");
 * console.log(result.ok ? result.value.port : 443); // 443
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/getservbyname.html)
 * @see [Linux](https://man7.org/linux/man-pages/man3/getservbyname.3.html)
 */
export function getservbyname(
  name: string,
  protocol: string | null = null,
  options: { readonly system?: System } = {},
): ServiceEntry {
  return unwrap(tryGetservbyname(name, protocol, options), getservbyname);
}

/** Like {@link getservbyname}, but returns errors instead of throwing them. */
export function tryGetservbyname(
  name: string,
  protocol: string | null = null,
  options: { readonly system?: System } = {},
): Result<ServiceEntry, GetservbynameError> {
  cString("name", name);
  if (protocol !== null) cString("protocol", protocol);
  checkObject("options", "{ system? }", options);
  const { system = currentSystem() } = options;
  const found: ServiceEntry[] = [];
  const returned = system.getservbyname(name, protocol, found);
  if (returned < 0) {
    const about = [name, protocol].filter((each) => each !== null).map((each) => JSON.stringify(each));
    return getservbynameErrors.failure(system, returned, { about: about.join(" ") });
  }
  return { ok: true, value: defined(found[0], "a call that succeeds finds an entry") };
}
