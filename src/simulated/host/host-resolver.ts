import type { ResolvedAddress, Resolver } from "../../system/services.ts";
import { canonical, versionOf } from "../ip/address.ts";

/** The names and addresses that a resolver uses. */
export interface NameTable {
  /** The addresses of a name of the network, in order; undefined if no host has it. */
  addressesOf(name: string): readonly string[] | undefined;
  /** The name of the host with an address; undefined if no host has it. */
  nameOf(address: string): string | undefined;
}

/** Looks up a name for a program: names of hosts, "localhost", and numeric addresses. */
export function lookUp(names: NameTable, name: string, family: number): ResolvedAddress[] {
  const numeric = canonical(name);
  const lower = name.toLowerCase();
  const found =
    numeric !== undefined
      ? [numeric]
      : lower === "localhost" || lower.endsWith(".localhost")
        ? ["127.0.0.1", "::1"]
        : (names.addressesOf(lower) ?? []);
  return found
    .map((address) => ({ address, family: versionOf(address) }))
    .filter((one) => family === 0 || one.family === family);
}

/** A resolver over a table of names, which fails like getaddrinfo() in Node. */
export const hostResolver = (names: NameTable): Resolver => ({
  async lookup(name, family) {
    const found = lookUp(names, name, family);
    if (found.length > 0) return found;
    const error = new Error(`getaddrinfo ENOTFOUND ${name}`);
    throw Object.assign(error, {
      errno: EAI_NONAME,
      code: "ENOTFOUND",
      syscall: "getaddrinfo",
      hostname: name,
    });
  },
});

/** UV_EAI_NONAME. */
const EAI_NONAME = -3_008;
