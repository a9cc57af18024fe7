import { networkInterfaces } from "node:os";

/** The addresses of this machine's interfaces, in this network namespace. */
export function addressesHere(family: "ipv4" | "ipv6"): string[] {
  return Object.values(networkInterfaces())
    .flatMap((its = []) => its)
    .filter((one) => one.family.toLowerCase() === family)
    .map(({ address }) => address);
}
