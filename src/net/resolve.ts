import type { AddressInput } from "../address/address.ts";
import { isIP } from "../address/is-ip.ts";
import { isLocalhost, localhostAddresses } from "../address/localhost.ts";
import { defined, invariant } from "../invariant.ts";
import type { ResolvedAddress } from "../system/services.ts";
import type { System } from "../system/system.ts";
import { orAbort, type WaitOptions } from "./abort.ts";
import { ipAddress } from "./open.ts";
import type { ConnectEndpoint } from "./options/connect-options.ts";
import type { CheckedRemote } from "./options/datagram-options.ts";

// Interprets a host for listen(), connect() and udp(): an address, localhost, or a name for the
// resolver. localhost means the loopback addresses, whatever the resolver says (RFC 6761, 6.3).

const [{ address: IPV4_LOOPBACK }, { address: IPV6_LOOPBACK }] = localhostAddresses;

/** Whether a host may have several addresses: a name to look up, or localhost. */
export const isName = (host: string): boolean => isIP(host) === 0;

/**
 * The addresses to bind to for a host: both loopback addresses for localhost, IPv4 first; otherwise
 * the resolver's first.
 *
 * @param what the call that the signal aborts, for a message: "listen()"
 */
export async function addressesToBind(
  system: System,
  host: string,
  what: string,
  wait: WaitOptions,
): Promise<readonly [first: string, second?: string]> {
  if (!isName(host)) return [host];
  if (isLocalhost(host)) return [IPV4_LOOPBACK, IPV6_LOOPBACK];
  return [(await firstOf(system, what, host, 0, wait)).address];
}

/**
 * The peer of a datagram socket.
 *
 * @param domain the socket's, if it is known
 */
export async function peerAddress(
  system: System,
  remote: CheckedRemote,
  domain: number | undefined,
  wait: WaitOptions,
): Promise<AddressInput> {
  if (remote.kind === "address") return remote.address;
  const { host, port } = remote;
  const { AF } = system.constants;
  if (!isName(host)) return ipAddress(host, port);
  if (isLocalhost(host)) return ipAddress(domain === AF.INET6 ? IPV6_LOOPBACK : IPV4_LOOPBACK, port);
  const found = await firstOf(system, "udp()", host, domain === AF.INET ? 4 : 0, wait);
  return ipAddress(found.address, port);
}

/** The first address of a name. */
async function firstOf(
  { resolver, clock }: System,
  what: string,
  name: string,
  family: number,
  wait: WaitOptions,
): Promise<ResolvedAddress> {
  const [first] = await orAbort(clock, what, resolver.lookup(name, family), wait);
  return defined(first, "a resolver finds an address or fails");
}

/** The addresses for connect() to try, in order. */
export async function addressesToTry(system: System, where: ConnectEndpoint): Promise<AddressInput[]> {
  if (where.kind === "address") return [where.address];
  const { host, port, localAddress } = where;
  if (!isName(host)) return [ipAddress(host, port)];
  const localFamily = localAddress === undefined ? 0 : isIP(localAddress);
  const family = localFamily === 4 || localFamily === 6 ? localFamily : where.family;
  const found = isLocalhost(host)
    ? loopback.filter((one) => family === 0 || one.family === family)
    : await system.resolver.lookup(host, family, true);
  // With an aborted signal, connect() would wait forever.
  invariant(found.length > 0, "a resolver finds an address or fails");
  return alternateFamilies(found).map(({ address }) => ipAddress(address, port));
}

/** IPv6 first, as RFC 8305 prefers. */
const loopback: readonly ResolvedAddress[] = [
  { address: IPV6_LOOPBACK, family: 6 },
  { address: IPV4_LOOPBACK, family: 4 },
];

/**
 * The order of RFC 8305, section 4: families alternate, beginning with that of the first address.
 */
export function alternateFamilies(found: readonly ResolvedAddress[]): ResolvedAddress[] {
  const first = found.filter((one) => one.family === found[0]?.family);
  const other = found.filter((one) => one.family !== found[0]?.family);
  return first
    .flatMap((one, index) => [one, other[index]])
    .concat(other.slice(first.length))
    .filter((one) => one !== undefined);
}
