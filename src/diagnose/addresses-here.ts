import { networkInterfaces } from "node:os";

/** The addresses of this machine's interfaces, in this network namespace. */
export function addressesHere(family: "ipv4" | "ipv6"): string[] {
  return Object.values(interfaces())
    .flatMap((its = []) => its)
    .filter((one) => one.family.toLowerCase() === family)
    .map(({ address }) => address);
}

/** Empty if getifaddrs(3) fails, as it does without netlink. */
function interfaces(): ReturnType<typeof networkInterfaces> {
  try {
    return networkInterfaces();
  } catch {
    return {};
  }
}

/**
 * Whether a connection to the address stays on this machine: 127.0.0.0/8 is, and the wildcards are
 * (RFC 1122, 3.2.1.3).
 */
export function isAddressHere(address: string): boolean {
  if (address.startsWith("127.") || ["0.0.0.0", "::", "::1"].includes(address)) return true;
  return addressesHere(address.includes(":") ? "ipv6" : "ipv4").includes(address);
}
