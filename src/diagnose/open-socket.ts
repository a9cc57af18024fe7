import type { Ipv4Address, Ipv6Address, UnixAddress } from "../address/address.ts";
import type { SocketUse } from "../system/host-tables.ts";
import type { AcceptQueue } from "../system/system.ts";

export type { SocketUse };

/** An open IPv4 or IPv6 socket of this machine; on Linux, of this network namespace. */
export interface InternetSocket {
  readonly protocol: "tcp" | "udp";
  readonly use: SocketUse;
  readonly local: Ipv4Address | Ipv6Address;
  /** The peer; undefined if it is not connected. */
  readonly peer: Ipv4Address | Ipv6Address | undefined;
  /**
   * IPV6_V6ONLY; without it, an IPv6 socket takes IPv4 too. False for IPv4; undefined for IPv6 if
   * the system does not say, as on Windows and in /proc/net.
   */
  readonly v6only: boolean | undefined;
  /** The index of the interface it is bound to (SO_BINDTODEVICE, or a link-local address), or 0. */
  readonly interface: number;
  /**
   * The inode of the socket, by which its processes are found; 0 if no process holds it. On macOS
   * the kernel's identifier of the socket; undefined on Windows.
   */
  readonly inode: number | undefined;
  /** On Windows, the pid of the process that created it, or 0. Undefined on other systems. */
  readonly owner: number | undefined;
  /** The user that created it; undefined on Windows. */
  readonly uid: number | undefined;
  /** The accept queue of a listener. */
  readonly queue: AcceptQueue | undefined;
  /** Dropped connections of a listener, or dropped packets; undefined if not counted. */
  readonly drops: number | undefined;
  /** In TIME_WAIT, the milliseconds until its address is free; undefined if not known. */
  readonly remaining: number | undefined;
}

/** A named unix socket of this network namespace. */
export interface UnixSocket {
  readonly protocol: "unix";
  readonly type: "stream" | "datagram" | "seqpacket";
  readonly use: SocketUse;
  readonly local: UnixAddress;
  /** The file of its path, as bind() created it; undefined for an abstract name. */
  readonly file: { readonly inode: number; readonly device: number } | undefined;
  /** The inode of the socket, by which its processes are found. */
  readonly inode: number;
  /** The user that created it; undefined before Linux 5.3 and without netlink. */
  readonly uid: number | undefined;
  /** The accept queue of a listener. */
  readonly queue: AcceptQueue | undefined;
}

/** An open socket of this machine. */
export type OpenSocket = InternetSocket | UnixSocket;
