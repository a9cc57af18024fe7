import type { Ipv4Address, Ipv6Address, UnixAddress } from "../address/address.ts";
import type { InternetSocket, OpenSocket } from "./open-socket.ts";
import type { Holder } from "./process.ts";

/** An account of why an address can or cannot be had. */
export interface Explanation {
  /** The address that it is about. */
  readonly address: Ipv4Address | Ipv6Address | UnixAddress;
  /**
   * `"free"`: nothing stands in the way. `"taken"`: somebody has it. `"unavailable"`: nobody has
   * it, and this process cannot either, as where it lacks a privilege. `"unknown"`: the system does
   * not tell.
   */
  readonly verdict: "free" | "taken" | "unavailable" | "unknown";
  /** What stands in the way, the weightiest first; none where it is free. */
  readonly causes: readonly Cause[];
  /** What else is worth knowing, a sentence each. */
  readonly notes: readonly string[];
  /** What to do, the likeliest first. */
  readonly advice: readonly Advice[];
  /**
   * The account in a sentence, without the address and without a full stop:
   * `held by node (pid 4121, …)`.
   */
  readonly message: string;
  /** The whole account, in lines. */
  readonly text: string;
}

/** Something to do about it. */
export interface Advice {
  readonly message: string;
  /** A command to run. */
  readonly command?: string;
}

/** One thing that stands in the way. A closed set: `switch (cause.kind)`. */
export type Cause =
  | Held
  | TimeWait
  | InUse
  | ReusePortGroup
  | ExclusiveUse
  | ExcludedPort
  | PrivilegedPort
  | AddressNotHere
  | PortsUsedUp
  | StalePath
  | NotASocket
  | MissingDirectory
  | DirectoryDenied
  | Unavailable;

/** How the address of a socket stands in the way of the one that is asked for. */
export type Coverage =
  /** It is the same. */
  | "same"
  /** It is every address of the family. */
  | "wildcard"
  /** It is IPv6's wildcard, of a socket that takes IPv4 as well, since IPV6_V6ONLY is off. */
  | "dual stack"
  /** It is one of those that the address asked for covers. */
  | "covered";

/** A socket has the address. */
export interface Held {
  readonly kind: "held";
  readonly socket: OpenSocket;
  readonly coverage: Coverage;
  /**
   * Every process that has it open; none where it is held by the kernel, or by processes that may
   * not be looked into.
   */
  readonly holders: readonly Holder[];
  /** How many processes of other users there are that may not be looked into. */
  readonly hidden: number;
  /** The name of the user who made the socket; undefined where the system does not tell. */
  readonly user: string | undefined;
}

/**
 * Connections that were closed keep the address for a minute. Where SO_REUSEADDR helps, it is the
 * cause only of a bind() that was refused, and otherwise a note on an address that is free.
 */
export interface TimeWait {
  readonly kind: "time-wait";
  readonly sockets: readonly InternetSocket[];
  /** Milliseconds until the last of them is gone; undefined where the system does not tell. */
  readonly remaining: number | undefined;
  /** Whether SO.REUSEADDR would help: it does where the socket that had the address set it, too. */
  readonly reuseAddress: boolean;
}

/** `bind()` reports that the address is in use, but the system does not list the socket. */
export interface InUse {
  readonly kind: "in-use";
  /** Why the socket is not listed: a fragment that follows "by a socket that". */
  readonly reason: string;
}

/** Sockets share the address by SO.REUSEPORT. */
export interface ReusePortGroup {
  readonly kind: "reuse-port-group";
  readonly sockets: number;
  /** The user that a socket must be of to join. */
  readonly user: string;
  /** Whether this process may join, with SO.REUSEPORT set before bind(). */
  readonly joinable: boolean;
}

/**
 * On Windows: the socket that has the address shares it with no other, whatever options that one
 * sets (SO_EXCLUSIVEADDRUSE).
 */
export interface ExclusiveUse {
  readonly kind: "exclusive-use";
}

/**
 * On Windows: nobody has the port, and nobody may, since it is of a range that is kept back for a
 * part of the system.
 */
export interface ExcludedPort {
  readonly kind: "excluded-port";
  readonly port: number;
}

/** The port needs a privilege that the process lacks. */
export interface PrivilegedPort {
  readonly kind: "privileged-port";
  readonly port: number;
  /** The first port that needs none: net.ipv4.ip_unprivileged_port_start. */
  readonly start: number;
}

/** No interface of this machine has the address. */
export interface AddressNotHere {
  readonly kind: "address-not-here";
  /** Those of this machine, of the same family. */
  readonly here: readonly string[];
}

/** Every port that the system chooses from is in use. */
export interface PortsUsedUp {
  readonly kind: "ports-used-up";
  /** net.ipv4.ip_local_port_range: first and last. */
  readonly first: number;
  readonly last: number;
  /** How many of them net.ipv4.ip_local_reserved_ports keeps back. */
  readonly reserved: number;
  readonly used: number;
  /** Those of the used ports that only closed connections keep (TIME_WAIT). */
  readonly timeWait: number;
}

/** The path is that of a unix socket that is gone: nobody listens. */
export interface StalePath {
  readonly kind: "stale-path";
  readonly path: string;
}

/** The path is there, and not a socket. */
export interface NotASocket {
  readonly kind: "not-a-socket";
  readonly path: string;
  readonly is: "file" | "directory" | "symbolic link" | "other";
}

/** The directory of the path is not there. */
export interface MissingDirectory {
  readonly kind: "missing-directory";
  readonly directory: string;
}

/** The directory of the path may not be written or searched by this process. */
export interface DirectoryDenied {
  readonly kind: "directory-denied";
  readonly directory: string;
  readonly owner: string;
  /** The permissions, as chmod(1) takes them: `"755"`. */
  readonly mode: string;
}

/** Something has the address, or may have it, and the system does not tell what. */
export interface Unavailable {
  readonly kind: "unavailable";
  /** Why not, in a sentence. */
  readonly reason: string;
}
