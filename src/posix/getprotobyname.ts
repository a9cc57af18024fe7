import { checkObject, cString } from "../errors/argument.ts";
import { Unexpected } from "../errors/entries.ts";
import { type ErrorOf, ErrorSet, type NameOf } from "../errors/error-set.ts";
import type { Result } from "../errors/result.ts";
import { unwrap } from "../errors/socket-error.ts";
import { defined } from "../invariant.ts";
import { currentSystem } from "../system/current.ts";
import type { ProtocolEntry, System } from "../system/system.ts";

export type { ProtocolEntry };

/** Everything `getprotobyname()` can fail with. */
export const getprotobynameErrors = new ErrorSet("getprotobyname", {
  NotFound: {
    codes: ["ENOENT"],
    message: "The table of protocols has no such name.",
  },
  OperationNotSupported: {
    codes: ["EOPNOTSUPP"],
    message: "Not supported on Windows.",
  },
  Unexpected,
});

export type GetprotobynameErrorName = NameOf<typeof getprotobynameErrors>;
export type GetprotobynameError = ErrorOf<typeof getprotobynameErrors>;

/** Whether an error was thrown by `getprotobyname()`. */
export const isGetprotobynameError = (error: unknown): error is GetprotobynameError =>
  getprotobynameErrors.has(error);

/**
 * Looks up a protocol by its name or an alias in the table of protocols (/etc/protocols).
 *
 * @param name the name, such as `"udp"`
 * @param options `system`: the system to ask; this machine's by default
 * @throws GetprotobynameError named `NotFound`, `OperationNotSupported` or `Unexpected`
 * @throws TypeError if a name is not a string, or contains a NUL
 * @example
 * ```ts
 * const result = tryGetprotobyname("tcp");
 * console.log(result.ok ? result.value.protocol : 6); // 6
 * ```
 * @see [POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/functions/getprotobyname.html)
 * @see [Linux](https://man7.org/linux/man-pages/man3/getprotobyname.3.html)
 */
export function getprotobyname(name: string, options: { readonly system?: System } = {}): ProtocolEntry {
  return unwrap(tryGetprotobyname(name, options), getprotobyname);
}

/** Like {@link getprotobyname}, but returns errors instead of throwing them. */
export function tryGetprotobyname(
  name: string,
  options: { readonly system?: System } = {},
): Result<ProtocolEntry, GetprotobynameError> {
  cString("name", name);
  checkObject("options", "{ system? }", options);
  const { system = currentSystem() } = options;
  const found: ProtocolEntry[] = [];
  const returned = system.getprotobyname(name, found);
  if (returned < 0) return getprotobynameErrors.failure(system, returned, { about: JSON.stringify(name) });
  return { ok: true, value: defined(found[0], "a call that succeeds finds an entry") };
}
