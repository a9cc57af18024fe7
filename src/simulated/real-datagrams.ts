import { builtin } from "../builtin.ts";
import { currentScope } from "./context.ts";
import type { Patches } from "./patches.ts";

// node:dgram runs in C++ on a libuv handle: its packets would leave the simulation.

function notSimulated(): Error {
  return Object.assign(
    new Error("node:dgram would use the real network from a simulated host: use udp() of berkeley"),
    { code: "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM" },
  );
}

/**
 * Has createSocket() fail on a host, and bind(), which connect() and send() call first: it stops
 * sockets of a createSocket() that a library took before. A socket bound outside of the hosts
 * belongs there, wherever it is used.
 */
export function patchDatagrams(patches: Patches): void {
  const dgram = builtin("node:dgram");
  if (dgram === undefined) return;
  for (const [object, method] of [
    [dgram, "createSocket"],
    [dgram.Socket.prototype, "bind"],
  ] as const) {
    const real: unknown = Reflect.get(object, method);
    if (typeof real !== "function") continue;
    patches.replace(object, method, function open(this: unknown, ...args: unknown[]): unknown {
      if (currentScope()?.system !== undefined) throw notSimulated();
      return Reflect.apply(real, this, args);
    });
  }
}
