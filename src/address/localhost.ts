/**
 * The addresses that localhost means, where this machine has them; those of IPv4 first, as
 * listeners are named.
 */
export const localhostAddresses = [
  { family: "ipv4", address: "127.0.0.1" },
  { family: "ipv6", address: "::1" },
] as const;

/**
 * Whether a name means the loopback addresses, whatever a resolver knows: localhost, and names
 * below it (RFC 6761, section 6.3).
 */
export const isLocalhost = (name: string): boolean => /(^|\.)localhost\.?$/i.test(name);
