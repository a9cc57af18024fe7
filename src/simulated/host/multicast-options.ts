import { formatIpv4, formatIpv6, parseIpv4 } from "../../address/ip.ts";
import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { options } from "../../system/linux/options.ts";
import type { ValueResult } from "../../system/system.ts";
import { isMulticast } from "../ip/address.ts";
import type { IpSettings } from "./ip-settings.ts";
import { type GroupHost, type GroupRequest, type Membership, Memberships } from "./memberships.ts";
import { giveBytes, takenInt } from "./option-value.ts";
import type { Sysctls } from "./sysctls.ts";

// Options that join and leave multicast groups: IP_ADD_MEMBERSHIP and its relatives, and the MCAST_
// options of RFC 3678 for both versions.

const { AF, IPPROTO, SOCK } = constants;
const { EADDRNOTAVAIL, EINVAL, EPROTO } = errnos;

/** struct group_req and group_source_req: an interface, padding, and sockaddr_storages. */
const GROUP = 8;
const STORAGE = 128;
const ANY = "0.0.0.0";

/** The parts of a socket that these options concern. */
export interface MulticastSocket {
  readonly type: number;
  readonly host: GroupHost & { readonly sysctls: Sysctls };
  readonly ipSettings: IpSettings;
  configureIp(changed: Partial<IpSettings>): void;
}

type Change = "join" | "leave" | "join source" | "leave source" | "block" | "unblock";

const requests = new Map<number, Change>([
  [options.MCAST_JOIN_GROUP.number, "join"],
  [options.MCAST_LEAVE_GROUP.number, "leave"],
  [options.MCAST_JOIN_SOURCE_GROUP.number, "join source"],
  [options.MCAST_LEAVE_SOURCE_GROUP.number, "leave source"],
  [options.MCAST_BLOCK_SOURCE.number, "block"],
  [options.MCAST_UNBLOCK_SOURCE.number, "unblock"],
]);

const ipv4Sources = new Map<number, Change>([
  [options.IP_ADD_SOURCE_MEMBERSHIP.number, "join source"],
  [options.IP_DROP_SOURCE_MEMBERSHIP.number, "leave source"],
  [options.IP_BLOCK_SOURCE.number, "block"],
  [options.IP_UNBLOCK_SOURCE.number, "unblock"],
]);

/** Sets one of these options; undefined if it is none of them. */
export function setMulticastOption(
  socket: MulticastSocket,
  level: number,
  name: number,
  value: Uint8Array,
): number | undefined {
  const change = requests.get(name);
  if (change !== undefined) return changeGroup(socket, change, level === IPPROTO.IPV6, value);
  if (level === IPPROTO.IPV6) {
    if (name === options.IPV6_ADD_MEMBERSHIP.number) return ipv6Group(socket, "join", value);
    if (name === options.IPV6_DROP_MEMBERSHIP.number) return ipv6Group(socket, "leave", value);
    return name === options.IPV6_MCAST_MSFILTER.number ? setGroupFilter(socket, true, value) : undefined;
  }
  if (name === options.IP_ADD_MEMBERSHIP.number) return ipv4Group(socket, "join", value);
  if (name === options.IP_DROP_MEMBERSHIP.number) return ipv4Group(socket, "leave", value);
  const source = ipv4Sources.get(name);
  if (source !== undefined) {
    if (value.length !== 12) return -EINVAL;
    const request = { group: formatIpv4(value), interface: 0, address: formatIpv4(value, 4) };
    return apply(socket, source, request, formatIpv4(value, 8));
  }
  if (name === options.IP_MSFILTER.number) return setIpv4Filter(socket, value);
  return name === options.MCAST_MSFILTER.number ? setGroupFilter(socket, false, value) : undefined;
}

/** struct ip_mreq or ip_mreqn. */
function ipv4Group(socket: MulticastSocket, change: "join" | "leave", value: Uint8Array): number {
  if (socket.type === SOCK.STREAM) return -EPROTO;
  if (value.length < 8) return -EINVAL;
  const index = value.length >= 12 ? (takenInt(value, 8) ?? 0) : 0;
  return apply(
    socket,
    change,
    { group: formatIpv4(value), interface: index, address: formatIpv4(value, 4) },
    "",
  );
}

/** struct ipv6_mreq. */
function ipv6Group(socket: MulticastSocket, change: "join" | "leave", value: Uint8Array): number {
  if (value.length < 20) return -EINVAL;
  if (socket.type === SOCK.STREAM) return -EPROTO;
  return apply(
    socket,
    change,
    { group: formatIpv6(value), interface: takenInt(value, 16) ?? 0, address: ANY },
    "",
  );
}

/** struct group_req or group_source_req. */
function changeGroup(socket: MulticastSocket, change: Change, ipv6: boolean, value: Uint8Array): number {
  const two = change !== "join" && change !== "leave";
  if (value.length < GROUP + STORAGE * (two ? 2 : 1)) return -EINVAL;
  const group = storedAddress(value, GROUP, ipv6);
  const source = two ? storedAddress(value, GROUP + STORAGE, ipv6) : "";
  if (source === undefined) return -EADDRNOTAVAIL;
  if (group === undefined) return two ? -EADDRNOTAVAIL : -EINVAL;
  return apply(socket, change, { group, interface: takenInt(value) ?? 0, address: ANY }, source);
}

function storedAddress(value: Uint8Array, at: number, ipv6: boolean): string | undefined {
  const family = (value[at] ?? 0) + (value[at + 1] ?? 0) * 256;
  if (family !== (ipv6 ? AF.INET6 : AF.INET)) return undefined;
  return ipv6 ? formatIpv6(value, at + 8) : formatIpv4(value, at + 4);
}

function apply(socket: MulticastSocket, change: Change, request: GroupRequest, source: string): number {
  const { sysctls } = socket.host;
  let { memberships } = socket.ipSettings;
  if (memberships === undefined) {
    memberships = new Memberships(socket.host);
    socket.configureIp({ memberships });
  }
  const limit = request.group.includes(":")
    ? Number.POSITIVE_INFINITY
    : sysctls.get("net.ipv4.igmp_max_memberships");
  const sources = sysctls.get(request.group.includes(":") ? "net.ipv6.mld_max_msf" : "net.ipv4.igmp_max_msf");
  switch (change) {
    case "join":
      return memberships.join(request, "exclude", limit);
    case "leave":
      return memberships.leaveGroup(request);
    case "join source": {
      const joined = memberships.join(request, "include", limit);
      if (joined < 0 && joined !== -errnos.EADDRINUSE) return joined;
      return memberships.changeSource(request, source, { mode: "include", add: true, limit: sources });
    }
    case "leave source":
      return memberships.changeSource(request, source, { mode: "include", add: false, limit: sources });
    case "block":
      return memberships.changeSource(request, source, { mode: "exclude", add: true, limit: sources });
    case "unblock":
      return memberships.changeSource(request, source, { mode: "exclude", add: false, limit: sources });
  }
}

/** struct ip_msfilter: group, interface, mode, count, sources. */
function setIpv4Filter(socket: MulticastSocket, value: Uint8Array): number {
  if (value.length < 16) return -EINVAL;
  const count = (takenInt(value, 12) ?? 0) >>> 0;
  if (count > socket.host.sysctls.get("net.ipv4.igmp_max_msf")) return -errnos.ENOBUFS;
  if (value.length < 16 + 4 * count) return -EINVAL;
  const mode = modeOf(takenInt(value, 8));
  if (mode === undefined || socket.ipSettings.memberships === undefined) return -EINVAL;
  const sources = Array.from({ length: count }, (_, index) => formatIpv4(value, 16 + 4 * index));
  const request = { group: formatIpv4(value), interface: 0, address: formatIpv4(value, 4) };
  return socket.ipSettings.memberships.setFilter(request, mode, sources);
}

/** struct group_filter: interface, group, mode, count, sources. */
function setGroupFilter(socket: MulticastSocket, ipv6: boolean, value: Uint8Array): number {
  const head = GROUP + STORAGE + 8;
  if (value.length < head) return -EINVAL;
  const count = (takenInt(value, GROUP + STORAGE + 4) ?? 0) >>> 0;
  const limit = socket.host.sysctls.get(ipv6 ? "net.ipv6.mld_max_msf" : "net.ipv4.igmp_max_msf");
  if (count > limit) return -errnos.ENOBUFS;
  if (value.length < head + STORAGE * count) return -EINVAL;
  const group = storedAddress(value, GROUP, ipv6);
  const mode = modeOf(takenInt(value, GROUP + STORAGE));
  if (group === undefined) return -EADDRNOTAVAIL;
  if (mode === undefined || socket.ipSettings.memberships === undefined) return -EINVAL;
  const sources: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const source = storedAddress(value, head + STORAGE * index, ipv6);
    if (source === undefined) return -EADDRNOTAVAIL;
    sources.push(source);
  }
  return socket.ipSettings.memberships.setFilter(
    { group, interface: takenInt(value) ?? 0, address: ANY },
    mode,
    sources,
  );
}

/** MCAST_EXCLUDE and MCAST_INCLUDE. */
function modeOf(number: number | undefined): Membership["mode"] | undefined {
  return number === 0 ? "exclude" : number === 1 ? "include" : undefined;
}

/** Reads IP_MSFILTER. */
export function getIpv4Filter(socket: MulticastSocket, value: ValueResult): number {
  if (value.length < 16) return -EINVAL;
  const request = { group: formatIpv4(value.bytes), interface: 0, address: formatIpv4(value.bytes, 4) };
  if (!isMulticast(request.group)) return -EINVAL;
  const found = socket.ipSettings.memberships?.filter(request) ?? -EADDRNOTAVAIL;
  if (typeof found === "number") return found;
  const count = Math.min(value.view.getUint32(12, true), found.sources.length);
  const bytes = new Uint8Array(16 + 4 * count);
  bytes.set(value.bytes.subarray(0, 8));
  const view = new DataView(bytes.buffer);
  view.setUint32(8, found.mode === "include" ? 1 : 0, true);
  view.setUint32(12, found.sources.length, true);
  for (let index = 0; index < count; index += 1)
    bytes.set(parseIpv4(found.sources[index] ?? "") ?? [], 16 + 4 * index);
  return giveBytes(value, bytes);
}
