import {
  count,
  flag,
  flagsAt,
  hardwareAddressAt,
  intAt,
  ipv4At,
  nameOf,
  ofInterface,
  time,
} from "./ioctl-request.ts";

/**
 * Requests of `ioctl()` under their C names: SIOCOUTQ is `SIOC.OUTQ`. Those of network interfaces
 * are about the interfaces of the socket's network namespace; addresses are IPv4's, and need an
 * AF.INET socket.
 */
export const SIOC = {
  /** Whether the next byte to receive is the one sent with `MSG.OOB`, as `sockatmark()`. */
  ATMARK: flag("SIOCATMARK"),
  /** The address of an interface. */
  GIFADDR: ofInterface("SIOCGIFADDR", ipv4At),
  /** The broadcast address of an interface; `"0.0.0.0"` if it has none. */
  GIFBRDADDR: ofInterface("SIOCGIFBRDADDR", ipv4At),
  /** The peer's address of a point-to-point interface; of others, their own. */
  GIFDSTADDR: ofInterface("SIOCGIFDSTADDR", ipv4At),
  /** The flags of an interface: `IFF.UP` and so on, combined with `|`. */
  GIFFLAGS: ofInterface("SIOCGIFFLAGS", flagsAt),
  /** The hardware address of an interface. */
  GIFHWADDR: ofInterface("SIOCGIFHWADDR", hardwareAddressAt),
  /** The index of an interface, as `if_nametoindex()`. */
  GIFINDEX: ofInterface("SIOCGIFINDEX", intAt),
  /** The size in bytes of the largest packet of an interface. */
  GIFMTU: ofInterface("SIOCGIFMTU", intAt),
  /** The name of the interface with an index, as `if_indextoname()`. */
  GIFNAME: nameOf("SIOCGIFNAME"),
  /** The mask of the network of an interface. */
  GIFNETMASK: ofInterface("SIOCGIFNETMASK", ipv4At),
  /** How many packets the queue of an interface holds before it drops some. */
  GIFTXQLEN: ofInterface("SIOCGIFTXQLEN", intAt),
  /** The process or process group that gets SIGURG: a pid, the negative of a group, or 0. */
  GPGRP: count("SIOCGPGRP"),
  /**
   * When the last packet arrived that the program received, in nanoseconds since 1970-01-01 UTC,
   * with a resolution of microseconds. The first request turns time stamps on; `NotFound` until a
   * packet arrives.
   */
  GSTAMP: time("SIOCGSTAMP", 1000n),
  /** As GSTAMP, with a resolution of nanoseconds. */
  GSTAMPNS: time("SIOCGSTAMPNS", 1n),
  /** The bytes to be received: of a datagram socket, those of the next datagram. */
  INQ: count("SIOCINQ"),
  /**
   * The bytes in the send queue: of TCP those that the peer has not acknowledged, of a unix socket
   * those that it has not received, with the kernel's overhead.
   */
  OUTQ: count("SIOCOUTQ"),
  /** The bytes in the send queue of a TCP socket that were not sent yet. */
  OUTQNSD: count("SIOCOUTQNSD"),
};

/**
 * Requests of `ioctl()` that other files have, too, under their C names: FIONREAD is `FIO.NREAD`.
 */
export const FIO = {
  /**
   * The bytes to be received: of a datagram socket, those of the next datagram; on every system.
   */
  NREAD: count("FIONREAD"),
};
