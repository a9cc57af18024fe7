import { builtin } from "../builtin.ts";
import { constants } from "../system/linux/constants.ts";
import type { ResolvedAddress } from "../system/services.ts";
import type { NameInfo, System } from "../system/system.ts";
import { currentScope } from "./context.ts";
import { encodeSockaddr, internetAddress } from "./host/sockaddr.ts";
import { canonical } from "./ip/address.ts";
import type { Patches } from "./patches.ts";

// dns.lookup() and dns.lookupService() of programs on a host, which Node's own modules and
// libraries call.

interface LookupOptions {
  readonly family?: unknown;
  readonly all?: boolean;
}

function optionsOf(given: unknown): LookupOptions {
  if (typeof given === "number") return { family: given };
  return typeof given === "object" && given !== null ? given : {};
}

function familyOf({ family }: LookupOptions): number {
  if (family === "IPv4") return 4;
  if (family === "IPv6") return 6;
  return typeof family === "number" ? family : 0;
}

/** Undefined outside the hosts, where names are real. */
function found(name: unknown, options: LookupOptions): Promise<readonly ResolvedAddress[]> | undefined {
  return currentScope()?.system?.resolver.lookup(String(name), familyOf(options));
}

/** The names of an address and a port, as dns.lookupService() gives them. */
function namesOf(system: System, address: unknown, port: unknown): { hostname: string; service: string } {
  const names: NameInfo[] = [];
  const ask = system.address;
  const bytes = encodeSockaddr(internetAddress(String(address), Number(port)));
  ask.bytes.set(bytes);
  ask.length = bytes.length;
  const returned = system.getnameinfo(ask, constants.NI.NAMEREQD, names);
  const [found] = names;
  if (found !== undefined) return { hostname: found.host, service: found.service };
  throw Object.assign(new Error(`getnameinfo ENOTFOUND ${address}`), {
    errno: returned,
    code: "ENOTFOUND",
    syscall: "getnameinfo",
    hostname: address,
  });
}

const firstOf = (addresses: readonly ResolvedAddress[]): ResolvedAddress =>
  addresses[0] ?? { address: "", family: 0 };

export function patchNames(patches: Patches): void {
  const dns = builtin("node:dns");
  if (dns === undefined) return;
  const real: unknown = Reflect.get(dns, "lookup");
  const realPromise: unknown = Reflect.get(dns.promises, "lookup");
  if (typeof real !== "function" || typeof realPromise !== "function") return;
  const simulated = (name: unknown, given: unknown, last: unknown) => {
    const done = typeof given === "function" ? given : last;
    const options = optionsOf(given);
    const scope = currentScope();
    const looking = found(name, options);
    if (looking === undefined || typeof done !== "function")
      return Reflect.apply(real, dns, [name, given, last]);
    // In a separate turn, so that an error thrown by the callback is not a rejection.
    const answer = (...args: unknown[]) => void scope?.clock.setImmediate(() => done(...args));
    looking.then((addresses) => {
      const { address, family } = firstOf(addresses);
      if (options.all) answer(null, addresses);
      else answer(null, address, family);
    }, answer);
    return {};
  };
  const custom = builtin("node:util")?.promisify.custom;
  if (custom !== undefined)
    Object.defineProperty(simulated, custom, { get: () => Reflect.get(dns.promises, "lookup") });
  patches.replace(dns, "lookup", simulated);
  patches.replace(dns.promises, "lookup", (name: unknown, given: unknown) => {
    const options = optionsOf(given);
    const looking = found(name, options);
    if (looking === undefined) return Reflect.apply(realPromise, dns.promises, [name, given]);
    return looking.then((addresses) => (options.all ? [...addresses] : firstOf(addresses)));
  });
  patchService(patches, dns);
}

function patchService(patches: Patches, dns: object & { readonly promises: object }): void {
  const real: unknown = Reflect.get(dns, "lookupService");
  const realPromise: unknown = Reflect.get(dns.promises, "lookupService");
  if (typeof real !== "function" || typeof realPromise !== "function") return;
  // Node rejects invalid arguments itself.
  const systemFor = (address: unknown): System | undefined =>
    typeof address === "string" && canonical(address) !== undefined ? currentScope()?.system : undefined;
  const simulated = async (address: unknown, port: unknown) => {
    const system = systemFor(address);
    if (system === undefined) return Reflect.apply(realPromise, dns.promises, [address, port]);
    return namesOf(system, address, port);
  };
  const withCallback = (address: unknown, port: unknown, done: unknown) => {
    const scope = currentScope();
    if (systemFor(address) === undefined || typeof done !== "function")
      return Reflect.apply(real, dns, [address, port, done]);
    const answer = (...args: unknown[]) => void scope?.clock.setImmediate(() => done(...args));
    simulated(address, port).then(({ hostname, service }) => answer(null, hostname, service), answer);
    return {};
  };
  const custom = builtin("node:util")?.promisify.custom;
  if (custom !== undefined)
    Object.defineProperty(withCallback, custom, { get: () => Reflect.get(dns.promises, "lookupService") });
  patches.replace(dns, "lookupService", withCallback);
  patches.replace(dns.promises, "lookupService", simulated);
}
