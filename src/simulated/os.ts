import { builtin } from "../builtin.ts";
import { currentScope } from "./context.ts";
import type { HostInterface } from "./host/host-interface.ts";
import type { InterfaceAddress } from "./host/network-interface.ts";
import { formatAddress, isLinkLocal } from "./ip/address.ts";
import type { Patches } from "./patches.ts";

// The network properties that node:os reports on a host.

/** An entry of os.networkInterfaces(). */
function describe({ loopback, hardware, index }: HostInterface, one: InterfaceAddress) {
  const { address, version, prefix } = one;
  const bytes = new Uint8Array(version === 4 ? 4 : 16);
  for (let bit = 0; bit < prefix; bit += 1) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return {
    address,
    netmask: formatAddress(bytes),
    family: version === 4 ? "IPv4" : "IPv6",
    mac: Array.from(hardware, (byte) => byte.toString(16).padStart(2, "0")).join(":"),
    internal: loopback,
    cidr: `${address}/${prefix}`,
    ...(version === 6 && { scopeid: isLinkLocal(address) ? index : 0 }),
  };
}

export function patchOs(patches: Patches): void {
  const os = builtin("node:os");
  if (os === undefined) return;
  const { hostname, networkInterfaces } = os;
  patches.replace(os, "hostname", () => currentScope()?.host?.name ?? hostname());
  patches.replace(os, "networkInterfaces", () => {
    const host = currentScope()?.host;
    if (host === undefined) return networkInterfaces();
    const used = host.interfaces.filter(({ up, addresses }) => up && addresses.length > 0);
    return Object.fromEntries(
      used.map((each) => [each.name, each.addresses.map((one) => describe(each, one))]),
    );
  });
}
