import { isIP } from "node:net";
import { builtin } from "../../builtin.ts";
import { nextTick } from "../../clock/next-tick.ts";
import { defined } from "../../invariant.ts";
import {
  type AnyFunction,
  type ConnectOptions,
  checkFunction,
  invalidAddress,
  invalidFamily,
} from "./arguments.ts";
import type { Target } from "./connecting.ts";

/** The Socket that needs the lookup. */
export interface LookingSocket {
  emit(event: string, ...args: unknown[]): boolean;
  /** Like `destroy()`. */
  _fail(error: unknown): void;
}

/**
 * Looks up a name, and returns its addresses in the order in which to try them.
 *
 * @param isCurrent whether the Socket still connects to it
 */
export function lookUp(
  socket: LookingSocket,
  host: string,
  options: ConnectOptions,
  every: boolean,
  isCurrent: () => boolean,
  done: (targets: readonly Target[]) => void,
): void {
  const given = options.lookup;
  const lookup: AnyFunction = given == null ? dnsLookup : checkFunction("options.lookup", given);
  const family = familyNumber(options.family);
  const oneFamily = family === 4 || family === 6;
  const hints = options.hints || (oneFamily ? 0 : dns().ADDRCONFIG);
  const all = every && !oneFamily;
  // Listeners may be added in this turn.
  const fail = (error: unknown) => nextTick(() => isCurrent() && socket._fail(error));
  if (all) {
    lookup(host, { family, hints, all }, (error: unknown, addresses: unknown) => {
      if (!isCurrent()) return;
      if (error) {
        socket.emit("lookup", error, undefined, undefined, host);
        fail(error);
        return;
      }
      const found = isTargets(addresses) ? addresses : [];
      for (const one of found) {
        socket.emit("lookup", error, one.address, one.family, host);
        if (!isCurrent()) return;
      }
      const targets = inTurn(found);
      const [first] = found;
      if (targets.length > 0) done(targets);
      else fail(lookupFailure(first?.address, first?.family, options));
    });
    return;
  }
  lookup(host, { family, hints }, (error: unknown, address: unknown, ofFamily: unknown) => {
    // Node emits it even if the Socket has been destroyed.
    socket.emit("lookup", error, address, ofFamily, host);
    if (!isCurrent()) return;
    if (error) fail(error);
    else if (isAddress(address) && isFamily(ofFamily)) done([{ address, family: ofFamily }]);
    else fail(lookupFailure(address, ofFamily, options));
  });
}

/** The current dns.lookup(): a program may have replaced it. */
const dnsLookup: AnyFunction = (...args) => Reflect.apply(dns().lookup, dns(), args);

const dns = () => defined(builtin("node:dns"), "only a browser lacks it");

function familyNumber(family: unknown): unknown {
  if (family === "IPv4") return 4;
  return family === "IPv6" ? 6 : family;
}

function isAddress(address: unknown): address is string {
  return typeof address === "string" && isIP(address) !== 0;
}

function isFamily(family: unknown): family is 4 | 6 {
  return family === 4 || family === 6;
}

function lookupFailure(address: unknown, family: unknown, { host, port }: ConnectOptions): unknown {
  if (!isAddress(address)) return invalidAddress(address);
  return invalidFamily(family, host, port);
}

function isTargets(addresses: unknown): addresses is readonly Target[] {
  return Array.isArray(addresses);
}

/**
 * Alternates between the families, starting with that of the first address (RFC 8305, section 4);
 * each address once.
 */
function inTurn(found: readonly Target[]): readonly Target[] {
  const valid = found.filter(
    ({ address, family }, index) =>
      isAddress(address) &&
      isFamily(family) &&
      found.findIndex((other) => other.address === address) === index,
  );
  const first = valid.filter(({ family }) => family === valid[0]?.family);
  const other = valid.filter(({ family }) => family !== valid[0]?.family);
  return first
    .flatMap((one, index) => [one, other[index]])
    .concat(other.slice(first.length))
    .filter((one) => one !== undefined);
}
