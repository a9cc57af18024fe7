import type { Random } from "../clock/random.ts";
import { isAnyAddress } from "../ip/address.ts";
import type { Sysctls } from "./sysctls.ts";

/** A socket that has, or wants, a local port, as the bind rules see it. */
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
  /** Whether connect() chose its port, or that of the connection it remains of. */
  readonly connectBound: boolean;
  /** The group of SO_REUSEPORT that it is in: sk_reuseport_cb. */
  readonly reuseportGroup?: object | undefined;
}

/** Which rules apply: inet_csk_bind_conflict() for TCP, udp_lib_lport_inuse() for UDP. */
export type PortRules = "tcp" | "udp";

interface PortUsers {
  /** The socket with this port; or several, in the order of binding. */
  users: PortUser | Set<PortUser>;
  /**
   * How many of them got it by bind(). If all got it by connect(), connections to different peers
   * share the port: __inet_hash_connect(), inet_bind_bucket_destroy().
   */
  bound: number;
  /** The state that bind() keeps; undefined if no socket bound the port, and for UDP. */
  sharing: Sharing | undefined;
}

/**
 * The options of the sockets when they bound a port: tb->fastreuse, tb->fastreuseport and so on.
 * Later setsockopt() calls do not change them.
 */
interface Sharing {
  /** Every one set SO_REUSEADDR, and none listened. */
  readonly reuseAddress: boolean;
  /**
   * Whether a socket may join with SO_REUSEPORT: FASTREUSEPORT_ANY, or, after others without it,
   * FASTREUSEPORT_STRICT, which requires the address of the last one.
   */
  readonly reusePort: "no" | "any" | "strict";
  /** The socket whose SO_REUSEPORT counts, as it was when it bound the port. */
  readonly user: number;
  readonly localAddress: string;
  readonly v6only: boolean;
}

/** The local ports of one protocol on one host, for both versions of IP. */
export class PortTable {
  readonly #rules: PortRules;
  readonly #sysctls: Sysctls;
  readonly #random: Random;
  readonly #ports = new Map<number, PortUsers>();
  /** Where connect() continues its search: table_perturb[] in __inet_hash_connect(). */
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
    const sharing = this.#ports.get(port)?.sharing;
    if (sharing !== undefined && (reusesAddress(user, sharing) || reusesPort(user, sharing))) return false;
    for (const other of this.users(port)) {
      if (other !== user && this.#overlap(user, other) && !this.#share(user, other)) return true;
    }
    return false;
  }

  /**
   * Adds a user of this port: by bind(), whose caller has checked for conflicts, or
   * unconditionally, for accepted connections, their TIME_WAIT records, and connect().
   */
  add(user: PortUser, port: number, how: "bind" | "silently" = "bind"): void {
    const bound = user.connectBound ? 0 : 1;
    const entry = this.#ports.get(port);
    if (entry === undefined) {
      this.#ports.set(port, { users: user, bound, sharing: undefined });
      if (how === "bind") this.#note(user, port, "first");
      return;
    }
    if (entry.users instanceof Set) entry.users.add(user);
    else entry.users = new Set([entry.users, user]);
    entry.bound += bound;
    if (how === "bind") this.#note(user, port, "next");
  }

  /** A user has begun to listen at its port. */
  listens(user: PortUser, port: number): void {
    this.#note(user, port, "next");
  }

  remove(user: PortUser, port: number): void {
    const entry = this.#ports.get(port);
    if (entry === undefined) return;
    const { users } = entry;
    if (users === user || (users instanceof Set && users.delete(user) && users.size === 0))
      this.#ports.delete(port);
    else if (users instanceof Set && !user.connectBound) {
      entry.bound -= 1;
      if (entry.bound === 0) entry.sharing = undefined;
    }
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
      const free = entry === undefined || (entry.bound === 0 && !isTaken(port));
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

  /** inet_csk_update_fastreuse(). */
  #note(user: PortUser, port: number, which: "first" | "next"): void {
    const entry = this.#ports.get(port);
    if (this.#rules === "udp" || entry === undefined) return;
    const { sharing } = entry;
    const reuseAddress =
      user.reuseAddress && !user.listening && (which === "first" || sharing?.reuseAddress === true);
    if (user.reusePort && sharing !== undefined && reusesPort(user, sharing)) {
      entry.sharing = { ...sharing, reuseAddress };
    } else {
      const reusePort = user.reusePort ? (which === "first" ? "any" : "strict") : "no";
      const { localAddress, v6only } = user;
      entry.sharing = { reuseAddress, reusePort, user: user.user, localAddress, v6only };
    }
  }

  #overlaps(user: PortUser, port: number): boolean {
    for (const other of this.users(port)) if (other !== user && this.#overlap(user, other)) return true;
    return false;
  }

  /** Whether a packet could match both. */
  #overlap(user: PortUser, other: PortUser): boolean {
    const interfacesDiffer =
      user.boundInterface !== 0 && other.boundInterface !== 0 && user.boundInterface !== other.boundInterface;
    return !interfacesDiffer && sameAddress(user, other);
  }

  /** Whether both allow sharing. */
  #share(user: PortUser, other: PortUser): boolean {
    const reuse = user.reuseAddress && other.reuseAddress;
    if (reuse && (this.#rules === "udp" || !other.listening)) return true;
    return user.reusePort && other.reusePort && (other.timeWait || user.user === other.user);
  }
}

const NO_USERS = new Set<PortUser>();

const reusesAddress = (user: PortUser, sharing: Sharing): boolean =>
  sharing.reuseAddress && user.reuseAddress && !user.listening;

/** sk_reuseport_match(). */
function reusesPort(user: PortUser, sharing: Sharing): boolean {
  if (sharing.reusePort === "no" || !user.reusePort || user.reuseportGroup !== undefined) return false;
  return sharing.user === user.user && (sharing.reusePort === "any" || sameAddress(user, sharing));
}

/** The fields that decide whether a packet is for a socket. */
type Bound = Pick<PortUser, "localAddress" | "v6only">;

/** Whether two local addresses overlap: inet_rcv_saddr_equal() with match_wildcard. */
function sameAddress(one: Bound, other: Bound): boolean {
  if (accepts(one, other)) return true;
  return accepts(other, one);
}

/** Whether one is bound to a wildcard that covers the other, or to the same address. */
function accepts(one: Bound, other: Bound): boolean {
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
