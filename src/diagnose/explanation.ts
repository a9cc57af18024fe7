import type { Ipv4Address, Ipv6Address, UnixAddress } from "../address/address.ts";
import type { InternetSocket, OpenSocket } from "./open-socket.ts";
import type { Holder } from "./process.ts";

/** An explanation of why an address can or cannot be bound. */
export interface Explanation {
  /** The address. */
  readonly address: Ipv4Address | Ipv6Address | UnixAddress;
  /**
   * - `"free"`: it can be bound.
   * - `"taken"`: it is in use.
   * - `"unavailable"`: it is not in use, but this process cannot bind it, for example because it
   *   lacks a privilege.
   * - `"unknown"`: the system does not say.
   */
  readonly verdict: "free" | "taken" | "unavailable" | "unknown";
  /** Why it cannot be bound, most important first; empty if it is free. */
  readonly causes: readonly Cause[];
  /** Further remarks, one sentence each. */
  readonly notes: readonly string[];
  /** What to do, most useful first. */
  readonly advice: readonly Advice[];
  /** The first cause, without the address or a full stop: `held by node (pid 4121, …)`. */
  readonly message: string;
  /** The whole explanation, as lines of text. */
  readonly text: string;
}

/** A piece of advice. */
export interface Advice {
  readonly message: string;
  /** A command to run. */
  readonly command?: string;
}

/** One reason. The set is closed, so `switch (cause.kind)` can be exhaustive. */
export type Cause =
  | Held
  | TimeWait
  | InUse
  | ReusePortGroup
  | ExclusiveUse
  | ExcludedPort
  | PrivilegedPort
  | AddressNotLocal
  | PortsExhausted
  | StalePath
  | NotASocket
  | MissingDirectory
  | DirectoryDenied
  | Unavailable;

/** How a socket's address overlaps the one that was asked about. */
export type Coverage =
  /** It is the same address. */
  | "same"
  /** It is the wildcard of the same family. */
  | "wildcard"
  /** It is the IPv6 wildcard of a socket that takes IPv4 too (IPV6_V6ONLY is off). */
  | "dual stack"
  /** It is one of the addresses covered by the wildcard that was asked about. */
  | "covered";

/** A socket has the address. */
export interface Held {
  readonly kind: "held";
  readonly socket: OpenSocket;
  readonly coverage: Coverage;
  /** The processes that have it open; empty if only the kernel or hidden processes hold it. */
  readonly holders: readonly Holder[];
  /** How many processes of other users this process may not inspect. */
  readonly hidden: number;
  /** The name of the user that created the socket; undefined if the system does not say. */
  readonly user: string | undefined;
}

/**
 * Closed connections keep the address for a minute. If SO_REUSEADDR helps, this is a cause only
 * when explaining a bind() that failed; otherwise the address is free, with a note.
 */
export interface TimeWait {
  readonly kind: "time-wait";
  readonly sockets: readonly InternetSocket[];
  /** Milliseconds until the last of them is gone; undefined if the system does not say. */
  readonly remaining: number | undefined;
  /** Whether SO.REUSEADDR helps. It does if the closed socket had set it too. */
  readonly reuseAddress: boolean;
}

/** `bind()` reports that the address is in use, but the system does not list the socket. */
export interface InUse {
  readonly kind: "in-use";
  /** Why the socket is not listed: a fragment that follows "by a socket that". */
  readonly reason: string;
}

/** Sockets share the address with SO.REUSEPORT. */
export interface ReusePortGroup {
  readonly kind: "reuse-port-group";
  readonly sockets: number;
  /** The user that must own a socket for it to join. */
  readonly user: string;
  /** Whether this process may join, with SO.REUSEPORT set before bind(). */
  readonly joinable: boolean;
}

/** On Windows: the holder does not share the address, whatever options others set. */
export interface ExclusiveUse {
  readonly kind: "exclusive-use";
}

/** On Windows: the port is in a range reserved for a part of the system; no program can bind it. */
export interface ExcludedPort {
  readonly kind: "excluded-port";
  readonly port: number;
}

/** The port is privileged, and this process lacks the privilege. */
export interface PrivilegedPort {
  readonly kind: "privileged-port";
  readonly port: number;
  /** The first unprivileged port: net.ipv4.ip_unprivileged_port_start. */
  readonly start: number;
}

/** No interface of this machine has the address. */
export interface AddressNotLocal {
  readonly kind: "address-not-local";
  /** This machine's addresses of the same family. */
  readonly localAddresses: readonly string[];
}

/** Every ephemeral port is in use. */
export interface PortsExhausted {
  readonly kind: "ports-exhausted";
  /** net.ipv4.ip_local_port_range: first and last. */
  readonly first: number;
  readonly last: number;
  /** How many of them net.ipv4.ip_local_reserved_ports reserves. */
  readonly reserved: number;
  readonly used: number;
  /** How many of the used ports only closed connections keep (TIME_WAIT). */
  readonly timeWait: number;
}

/** The path belongs to a closed unix socket; nothing listens on it. */
export interface StalePath {
  readonly kind: "stale-path";
  readonly path: string;
}

/** The path exists but is not a socket. */
export interface NotASocket {
  readonly kind: "not-a-socket";
  readonly path: string;
  readonly is: "file" | "directory" | "symbolic link" | "other";
}

/** The directory of the path does not exist. */
export interface MissingDirectory {
  readonly kind: "missing-directory";
  readonly directory: string;
}

/** This process may not write or search the directory of the path. */
export interface DirectoryDenied {
  readonly kind: "directory-denied";
  readonly directory: string;
  readonly owner: string;
  /** The permissions in octal, as for chmod(1): `"755"`. */
  readonly mode: string;
}

/** The system does not say whether or by what the address is used. */
export interface Unavailable {
  readonly kind: "unavailable";
  /** Why not: a fragment without a full stop. */
  readonly reason: string;
}
