import type { Ipv4Address, Ipv6Address } from "../address/address.ts";
import type { Coverage } from "./explanation.ts";
import type { InternetSocket } from "./open-socket.ts";

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;

/**
 * How the address of a socket overlaps the one asked about; undefined if both can be bound. The
 * rules are those of inet_rcv_saddr_equal (net/ipv4/inet_connection_sock.c), for a socket that is
 * not bound to an interface and has IPV6_V6ONLY off.
 */
export function coverage(asked: Ipv4Address | Ipv6Address, held: InternetSocket): Coverage | undefined {
  if (asked.port !== held.local.port) return undefined;
  const [wanted, has] = [plain(asked), plain(held.local)];
  if (wanted.family === has.family) {
    if (wanted.address === has.address) return "same";
    if (isWildcard(has)) return "wildcard";
    return isWildcard(wanted) ? "covered" : undefined;
  }
  if (has.family === "ipv6") return isWildcard(has) && !held.v6only ? "dual stack" : undefined;
  return isWildcard(wanted) ? "covered" : undefined;
}

/** Whether it is the wildcard of its family. */
export const isWildcard = ({ address }: { readonly address: string }): boolean =>
  address === "0.0.0.0" || address === "::";

/** An IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2) counts as IPv4. */
function plain({ family, address }: Ipv4Address | Ipv6Address): { family: "ipv4" | "ipv6"; address: string } {
  const mapped = MAPPED.exec(address)?.[1];
  return mapped === undefined ? { family, address } : { family: "ipv4", address: mapped };
}
