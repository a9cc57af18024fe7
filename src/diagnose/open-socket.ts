import type { Ipv4Address, Ipv6Address, UnixAddress } from "../address/address.ts";
import type { SocketUse } from "../system/host-tables.ts";
import type { AcceptQueue } from "../system/system.ts";

export type { SocketUse };

/** A socket over IPv4 or IPv6 that is open on this machine, on Linux in this network namespace. */
export interface InternetSocket {
  readonly protocol: "tcp" | "udp";
  readonly use: SocketUse;
  readonly local: Ipv4Address | Ipv6Address;
  /** Whom it is connected to; undefined where it is not. */
  readonly peer: Ipv4Address | Ipv6Address | undefined;
  /**
   * Whether it is of IPv6 alone (IPV6_V6ONLY): otherwise an IPv6 socket takes IPv4, too. False for
   * IPv4; undefined for IPv6 on Windows, which does not tell it.
   */
  readonly v6only: boolean | undefined;
  /**
   * The number of the interface that it is bound to (SO_BINDTODEVICE, or a link-local address); 0
   * is none.
   */
  readonly interface: number;
  /**
   * The number of its file, which is what processes hold; 0 where nobody holds it. On macOS the
   * kernel's own number of the socket; undefined on Windows.
   */
  readonly inode: number | undefined;
  /** On Windows, the process that made it; 0 where nobody holds it. Undefined on other systems. */
  readonly owner: number | undefined;
  /** The user that made it; undefined on Windows. */
  readonly uid: number | undefined;
  /** Of a listener, what waits in its accept queue. */
  readonly queue: AcceptQueue | undefined;
  /**
   * What the kernel has dropped of it: of a listener, connections; of others, packets. Undefined
   * where it does not tell.
   */
  readonly drops: number | undefined;
  /**
   * In TIME_WAIT, the milliseconds until its address is free; undefined where the system does not
   * tell.
   */
  readonly remaining: number | undefined;
}

/** A unix socket with a name, of this network namespace. */
export interface UnixSocket {
  readonly protocol: "unix";
  readonly type: "stream" | "datagram" | "seqpacket";
  readonly use: SocketUse;
  readonly local: UnixAddress;
  /** Which file its path was when it was bound; undefined for a name in the abstract namespace. */
  readonly file: { readonly inode: number; readonly device: number } | undefined;
  /** The number of its file, which is what processes hold. */
  readonly inode: number;
  /** The user that made it; undefined before Linux 5.3. */
  readonly uid: number | undefined;
  /** Of a listener, what waits in its accept queue. */
  readonly queue: AcceptQueue | undefined;
}

/** A socket that is open on this machine. */
export type OpenSocket = InternetSocket | UnixSocket;
