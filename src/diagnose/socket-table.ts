import type { Ipv4Address, Ipv6Address } from "../address/address.ts";
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "../address/ip.ts";
import { decodePath } from "../address/unix.ts";
import { host } from "../system/host.ts";
import type { SocketEnd, SocketUse, WantedSockets } from "../system/host-tables.ts";
import { hostTables } from "../system/this-host.ts";
import type { InternetSocket, UnixSocket } from "./open-socket.ts";

// The system's table of sockets, with addresses as objects.

/** The IPv4 and IPv6 sockets that match; undefined if the system does not list them. */
export const internetSockets = (wanted: WantedSockets): InternetSocket[] | undefined =>
  hostTables.sockets.internetSockets(wanted)?.map((entry) => {
    const { local, peer } = entry;
    return {
      ...entry,
      local: addressOf(local),
      peer: peer === undefined ? undefined : addressOf(peer),
    };
  });

/**
 * Whether a connection to this address of this machine would find a listener; undefined if the
 * table does not say.
 */
export function isListenedOn({ family, address, port }: Ipv4Address | Ipv6Address): boolean | undefined {
  const bytes = family === "ipv4" ? parseIpv4(address) : parseIpv6(address);
  return bytes === undefined ? false : hostTables.sockets.isListenedOn(bytes, port);
}

/** The named unix sockets with these uses; undefined if the system does not list them. */
export const unixSockets = (uses: readonly SocketUse[]): UnixSocket[] | undefined =>
  hostTables.sockets.unixSockets(uses)?.map(({ name, ...entry }) => {
    return { ...entry, protocol: "unix", local: { family: "unix", path: decodePath(name, host.sockaddr) } };
  });

function addressOf({ address, port, scopeId }: SocketEnd): Ipv4Address | Ipv6Address {
  return address.byteLength === 4
    ? { family: "ipv4", address: formatIpv4(address), port }
    : { family: "ipv6", address: formatIpv6(address), port, flowlabel: 0, scopeId };
}
