import { errnos } from "../../system/linux/errno.ts";
import { isMulticast } from "../ip/address.ts";

const { EADDRINUSE, EADDRNOTAVAIL, EINVAL, ENOBUFS, ENODEV } = errnos;

/** A group that a socket joined on an interface, and the senders that it includes or excludes. */
export interface Membership {
  readonly group: string;
  readonly interface: number;
  /** The local address that the program named the interface by; "0.0.0.0" if by none. */
  readonly address: string;
  /** Whether `sources` are the only senders accepted ("include"), or those blocked. */
  mode: "include" | "exclude";
  sources: string[];
}

/** A group, and how a program names its interface. */
export interface GroupRequest {
  readonly group: string;
  readonly interface: number;
  readonly address: string;
}

/** What memberships need from their host. */
export interface GroupHost {
  /** The interface that a request means; undefined if there is none (ip_mc_find_dev()). */
  groupInterface(request: GroupRequest): number | undefined;
  /** Counts the sockets that have joined a group: the host receives it while there is one. */
  joinGroup(group: string, interfaceIndex: number): void;
  leaveGroup(group: string, interfaceIndex: number): void;
}

/** The multicast groups of one socket (net/ipv4/igmp.c, net/ipv6/mcast.c). */
export class Memberships {
  readonly #host: GroupHost;
  readonly #joined: Membership[] = [];

  constructor(host: GroupHost) {
    this.#host = host;
  }

  /**
   * Whether this socket wants a packet; `all` is IP_MULTICAST_ALL, which decides for other groups.
   */
  wants(group: string, source: string, interfaceIndex: number, all: boolean): boolean {
    const found = this.#find(group, interfaceIndex);
    if (found === undefined) return all;
    return found.sources.includes(source) === (found.mode === "include");
  }

  join(request: GroupRequest, mode: Membership["mode"], limit: number): number {
    const { group, address } = request;
    if (!isMulticast(group)) return -EINVAL;
    const device = this.#host.groupInterface(request);
    if (device === undefined) return -ENODEV;
    if (this.#find(group, device) !== undefined) return -EADDRINUSE;
    if (this.#joined.length >= limit) return -ENOBUFS;
    this.#joined.push({ group, interface: device, address, mode, sources: [] });
    this.#host.joinGroup(group, device);
    return 0;
  }

  leaveGroup(request: GroupRequest): number {
    const { group, interface: device, address } = request;
    if (device === 0 && address === "0.0.0.0" && this.#host.groupInterface(request) === undefined)
      return -ENODEV;
    const found = this.#joined.find(
      (one) =>
        one.group === group &&
        (device !== 0 ? one.interface === device : address === "0.0.0.0" || one.address === address),
    );
    if (found === undefined) return -EADDRNOTAVAIL;
    this.#drop(found);
    return 0;
  }

  /** ip_mc_source(): adds or removes a sender of the filter of a group. */
  changeSource(
    request: GroupRequest,
    source: string,
    { mode, add, limit }: { mode: Membership["mode"]; add: boolean; limit: number },
  ): number {
    if (!isMulticast(request.group)) return -EINVAL;
    const device = this.#host.groupInterface(request);
    if (device === undefined) return -ENODEV;
    const found = this.#find(request.group, device);
    if (found === undefined) return -EINVAL;
    if (found.mode !== mode) {
      if (found.sources.length > 0) return -EINVAL;
      found.mode = mode;
    }
    const present = found.sources.includes(source);
    if (present === add) return -EADDRNOTAVAIL;
    if (add) {
      if (found.sources.length >= limit) return -ENOBUFS;
      found.sources.push(source);
    } else if (found.sources.length === 1 && mode === "include") {
      this.#drop(found);
    } else {
      found.sources = found.sources.filter((one) => one !== source);
    }
    return 0;
  }

  /** ip_mc_msfilter(): replaces the filter. */
  setFilter(request: GroupRequest, mode: Membership["mode"], sources: readonly string[]): number {
    if (!isMulticast(request.group)) return -EINVAL;
    const device = this.#host.groupInterface(request);
    if (device === undefined) return -ENODEV;
    // INCLUDE with no sources leaves the group.
    if (mode === "include" && sources.length === 0) return this.leaveGroup({ ...request, interface: device });
    const found = this.#find(request.group, device);
    if (found === undefined) return -EINVAL;
    found.mode = mode;
    found.sources = [...sources];
    return 0;
  }

  /** The filter of a group; a negative errno if the socket has not joined it. */
  filter(request: GroupRequest): Membership | number {
    if (!isMulticast(request.group)) return -EINVAL;
    const device = this.#host.groupInterface(request);
    if (device === undefined) return -ENODEV;
    return this.#find(request.group, device) ?? -EADDRNOTAVAIL;
  }

  /** The socket is closed. */
  leaveAll(): void {
    for (const one of [...this.#joined]) this.#drop(one);
  }

  #find(group: string, device: number): Membership | undefined {
    return this.#joined.find((one) => one.group === group && one.interface === device);
  }

  #drop(membership: Membership): void {
    this.#joined.splice(this.#joined.indexOf(membership), 1);
    this.#host.leaveGroup(membership.group, membership.interface);
  }
}
