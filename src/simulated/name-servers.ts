import { builtin } from "../builtin.ts";
import { currentScope } from "./context.ts";
import type { Patches } from "./patches.ts";

// Questions to name servers, which Node's c-ares asks over descriptors of its own. A host has no
// name server: a program on it gets the answer of a machine without one, and no packet leaves.

const queries = new Map([
  ["A", "queryA"],
  ["AAAA", "queryAaaa"],
  ["ANY", "queryAny"],
  ["CAA", "queryCaa"],
  ["CNAME", "queryCname"],
  ["MX", "queryMx"],
  ["NAPTR", "queryNaptr"],
  ["NS", "queryNs"],
  ["PTR", "queryPtr"],
  ["SOA", "querySoa"],
  ["SRV", "querySrv"],
  ["TLSA", "queryTlsa"],
  ["TXT", "queryTxt"],
]);

const methods = new Map([
  ["resolve4", "queryA"],
  ["resolve6", "queryAaaa"],
  ["resolveAny", "queryAny"],
  ["resolveCaa", "queryCaa"],
  ["resolveCname", "queryCname"],
  ["resolveMx", "queryMx"],
  ["resolveNaptr", "queryNaptr"],
  ["resolveNs", "queryNs"],
  ["resolvePtr", "queryPtr"],
  ["resolveSoa", "querySoa"],
  ["resolveSrv", "querySrv"],
  ["resolveTlsa", "queryTlsa"],
  ["resolveTxt", "queryTxt"],
  ["reverse", "getHostByAddr"],
]);

function refused(query: string, hostname: string): Error {
  return Object.assign(new Error(`${query} ECONNREFUSED ${hostname}`), {
    code: "ECONNREFUSED",
    syscall: query,
    hostname,
  });
}

/** Undefined beside the hosts, and for arguments that Node rejects itself. */
function queryOf(method: string, name: unknown, type: unknown): string | undefined {
  if (currentScope()?.system === undefined || typeof name !== "string") return undefined;
  if (method !== "resolve") return methods.get(method);
  return typeof type === "string" ? queries.get(type) : queries.get("A");
}

function patchMethods(patches: Patches, object: unknown, promises: boolean): void {
  if ((typeof object !== "object" && typeof object !== "function") || object === null) return;
  for (const method of ["resolve", ...methods.keys()]) {
    const real: unknown = Reflect.get(object, method);
    if (typeof real !== "function") continue;
    patches.replace(object, method, function ask(this: unknown, ...args: unknown[]): unknown {
      const [name, type] = args;
      const query = queryOf(method, name, type);
      const done = args.at(-1);
      if (query === undefined || (!promises && typeof done !== "function"))
        return Reflect.apply(real, this, args);
      const error = refused(query, String(name));
      if (promises) return Promise.reject(error);
      // In a turn of its own, as an answer would come.
      if (typeof done === "function") currentScope()?.clock.setImmediate(() => done(error));
      return {};
    });
  }
}

const prototypeOf = (resolver: unknown): unknown =>
  typeof resolver === "function" ? resolver.prototype : undefined;

export function patchNameServers(patches: Patches): void {
  const dns = builtin("node:dns");
  if (dns === undefined) return;
  patchMethods(patches, dns, false);
  patchMethods(patches, dns.promises, true);
  patchMethods(patches, prototypeOf(dns.Resolver), false);
  patchMethods(patches, prototypeOf(dns.promises.Resolver), true);
}
