import { ip } from "./network-namespace.ts";

export const ipv4 = (address: string, port = 9) => ({ family: "ipv4", address, port }) as const;
export const ipv6 = (address: string, port = 9) => ({ family: "ipv6", address, port }) as const;

export type Ipv4Address = ReturnType<typeof ipv4>;
export type Ipv6Address = ReturnType<typeof ipv6>;

/** The errors of a call whose packets find no way. */
export type RouteError =
  | "AccessDenied"
  | "AddressNotAvailable"
  | "HostUnreachable"
  | "InvalidArgument"
  | "NetworkUnreachable";

/**
 * Checks what a call fails with where no route leads to an address, in a network namespace of its
 * own; the loopback interface is up afterwards.
 */
export function withoutRoutes(
  refused: (address: Ipv4Address | Ipv6Address, name: RouteError, code: string) => void,
): void {
  // The loopback interface is down, and there is no other.
  refused(ipv4("127.0.0.1"), "NetworkUnreachable", "ENETUNREACH");
  refused(ipv6("::1"), "AddressNotAvailable", "EADDRNOTAVAIL");
  ip("link set lo up");
  refused(ipv4("10.9.9.9"), "NetworkUnreachable", "ENETUNREACH");
  refused(ipv6("2001:db8::1"), "NetworkUnreachable", "ENETUNREACH");

  // ip-route(8), route types: unreachable, prohibit, blackhole, throw (fib_props in
  // net/ipv4/fib_semantics.c).
  for (const [type, name, code] of [
    ["unreachable", "HostUnreachable", "EHOSTUNREACH"],
    ["prohibit", "AccessDenied", "EACCES"],
    ["blackhole", "InvalidArgument", "EINVAL"],
    ["throw", "NetworkUnreachable", "ENETUNREACH"],
  ] as const) {
    ip(`route add ${type} 10.1.0.0/16`);
    ip(`-6 route add ${type} 2001:db8:1::/48`);
    refused(ipv4("10.1.0.1"), name, code);
    refused(ipv6("2001:db8:1::1"), name, code);
    ip(`route del ${type} 10.1.0.0/16`);
    ip(`-6 route del ${type} 2001:db8:1::/48`);
  }
}
