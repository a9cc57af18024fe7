/**
 * The loopback addresses of localhost that this machine has, IPv4 first, the order in which
 * listeners are named.
 */
export const localhostAddresses = [
  { family: "ipv4", address: "127.0.0.1" },
  { family: "ipv6", address: "::1" },
] as const;

/**
 * Whether a name always means loopback, regardless of the resolver: localhost and its subdomains
 * (RFC 6761, section 6.3).
 */
export const isLocalhost = (name: string): boolean => /(^|\.)localhost\.?$/i.test(name);
