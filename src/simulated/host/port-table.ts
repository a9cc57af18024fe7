import type { Random } from "../clock/random.ts";
import { isAnyAddress } from "../ip/address.ts";
import type { Sysctls } from "./sysctls.ts";

/** What the bind rules need to know of a socket that has, or wants, a local port. */
export interface PortUser {
  /** AF_INET6 sockets that are not IPV6_V6ONLY also take IPv4's addresses. */
  readonly ipv6: boolean;
  readonly v6only: boolean;
  /**
   * The local address in the text of the packets that it gets: "0.0.0.0", "::", or one address. An
   * IPv6 socket bound to a mapped address has the IPv4 address here.
   */
  readonly localAddress: string;
  readonly reuseAddress: boolean;
  readonly reusePort: boolean;
  /** SO_BINDTODEVICE; 0 for any. */
  readonly boundInterface: number;
  readonly user: number;
  /** A TCP listener; others may share its port only with SO_REUSEPORT. */
  readonly listening: boolean;
  readonly timeWait: boolean;
}

/** Which rules apply: inet_csk_bind_conflict() for TCP, udp_lib_lport_inuse() for UDP. */
export type PortRules = "tcp" | "udp";

interface PortUsers {
  /** The socket with this port; or several, in the order of binding. */
  users: PortUser | Set<PortUser>;
  /**
   * Whether every user came from connect(), which shares ports among connections to different
   * peers: tb->fastreuse < 0 in __inet_hash_connect().
   */
  connecting: boolean;
}

/** The local ports of one protocol on one host, for both versions of IP. */
export class PortTable {
  readonly #rules: PortRules;
  readonly #sysctls: Sysctls;
  readonly #random: Random;
  readonly #ports = new Map<number, PortUsers>();
  /** Where connect() goes on looking: table_perturb[] in __inet_hash_connect(). */
  #perturb = 0;

  constructor(rules: PortRules, sysctls: Sysctls, random: Random) {
    this.#rules = rules;
    this.#sysctls = sysctls;
    this.#random = random;
  }

  /** The sockets with a port. */
  users(port: number): Iterable<PortUser> {
    const users = this.#ports.get(port)?.users ?? NO_USERS;
    return users instanceof Set ? users : [users];
  }

  /** Whether `user` may not have this port beside its present users. */
  conflicts(user: PortUser, port: number): boolean {
    for (const other of this.users(port)) {
      if (other !== user && this.#overlap(user, other) && !this.#share(user, other)) return true;
    }
    return false;
  }

  /** Enters a user that has this port from now on. The caller has checked for conflicts. */
  add(user: PortUser, port: number, how: "bind" | "connect" = "bind"): void {
    const entry = this.#ports.get(port);
    if (entry === undefined) {
      this.#ports.set(port, { users: user, connecting: how === "connect" });
    } else {
      if (entry.users instanceof Set) entry.users.add(user);
      else entry.users = new Set([entry.users, user]);
      if (how === "bind") entry.connecting = false;
    }
  }

  remove(user: PortUser, port: number): void {
    const users = this.#ports.get(port)?.users;
    if (users === user || (users instanceof Set && users.delete(user) && users.size === 0))
      this.#ports.delete(port);
  }

  /**
   * A free port for bind() to port 0: a random one of the ephemeral range and then the next ones,
   * odd ones first (inet_csk_find_open_port); undefined if every port is taken. TCP's bind() to
   * port 0 shares no port, whatever SO_REUSEADDR says.
   */
  portToBind(user: PortUser, range = this.#range()): number | undefined {
    return this.#search(range, this.#random.uint32(), 1, (port) =>
      this.#rules === "udp" ? !this.conflicts(user, port) : !this.#overlaps(user, port),
    );
  }

  /**
   * A port for a connection of a socket without one: even ones first; a port that only connections
   * have may be shared, if `isTaken` says that no other connection between the same ends has it
   * (__inet_hash_connect).
   */
  portToConnect(isTaken: (port: number) => boolean, range = this.#range()): number | undefined {
    const from = this.#perturb + (this.#random.uint32() & 0xffff);
    return this.#search(range, from, 0, (port) => {
      const entry = this.#ports.get(port);
      const free = entry === undefined || (entry.connecting && !isTaken(port));
      if (free) this.#perturb = (this.#perturb + 2) >>> 0;
      return free;
    });
  }

  /** Forgets everything: the host crashed. */
  clear(): void {
    this.#ports.clear();
  }

  #range(): readonly [first: number, last: number] {
    const [first = 0, last = 0] = this.#sysctls.get("net.ipv4.ip_local_port_range");
    return [first, last];
  }

  #search(
    [first, last]: readonly [first: number, last: number],
    from: number,
    parity: 0 | 1,
    isFree: (port: number) => boolean,
  ): number | undefined {
    const count = last - first + 1;
    const reserved = parsePorts(this.#sysctls.get("net.ipv4.ip_local_reserved_ports"));
    const even = (from % count) & ~1;
    for (const pass of [parity, 1 - parity]) {
      for (let step = 0; step < count; step += 2) {
        const port = first + ((even + step) % (count + (count & 1))) + pass;
        if (port <= last && !reserved(port) && isFree(port)) return port;
      }
    }
    return undefined;
  }

  #overlaps(user: PortUser, port: number): boolean {
    for (const other of this.users(port)) if (other !== user && this.#overlap(user, other)) return true;
    return false;
  }

  /** Whether a packet could be for both. */
  #overlap(user: PortUser, other: PortUser): boolean {
    const interfacesDiffer =
      user.boundInterface !== 0 && other.boundInterface !== 0 && user.boundInterface !== other.boundInterface;
    return !interfacesDiffer && sameAddress(user, other);
  }

  /** Whether both have asked to share. */
  #share(user: PortUser, other: PortUser): boolean {
    const reuse = user.reuseAddress && other.reuseAddress;
    if (reuse && (this.#rules === "udp" || !other.listening)) return true;
    return user.reusePort && other.reusePort && (other.timeWait || user.user === other.user);
  }
}

const NO_USERS = new Set<PortUser>();

/** Whether two local addresses overlap: inet_rcv_saddr_equal() with match_wildcard. */
function sameAddress(one: PortUser, other: PortUser): boolean {
  if (accepts(one, other)) return true;
  return accepts(other, one);
}

/** Whether one is bound to a wildcard that covers the other, or to the same address. */
function accepts(one: PortUser, other: PortUser): boolean {
  if (one.localAddress === other.localAddress) {
    // Two wildcards, "::" each: at least one address is common.
    return true;
  }
  if (!isAnyAddress(one.localAddress)) return false;
  const otherIpv4 = !other.localAddress.includes(":");
  // "0.0.0.0" covers IPv4 only; "::" covers IPv6, and IPv4 unless it is IPV6_V6ONLY. An IPv6 socket
  // that has connected since counts as IPv4's, too: LOOPBACK4_IPV6 in __ip6_datagram_connect().
  if (one.localAddress === "0.0.0.0") return otherIpv4 || !other.v6only;
  return otherIpv4 ? !one.v6only : true;
}

/** Reads "8080,9148-9150". */
function parsePorts(text: string): (port: number) => boolean {
  if (text === "") return () => false;
  const ranges = text.split(",").map((part) => part.split("-").map(Number));
  return (port) => ranges.some(([first = 0, last = first]) => port >= first && port <= last);
}
