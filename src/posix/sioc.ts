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
 * Requests of `ioctl()` under their C names: SIOCOUTQ is `SIOC.OUTQ`. Those about network
 * interfaces apply to the socket's network namespace. Addresses are IPv4 addresses, and need an
 * AF.INET socket.
 */
export const SIOC = {
  /** Whether the next byte to receive is the one sent with `MSG.OOB`, like `sockatmark()`. */
  ATMARK: flag("SIOCATMARK"),
  /** The address of an interface. */
  GIFADDR: ofInterface("SIOCGIFADDR", ipv4At),
  /** The broadcast address of an interface; `"0.0.0.0"` if it has none. */
  GIFBRDADDR: ofInterface("SIOCGIFBRDADDR", ipv4At),
  /** The peer's address of a point-to-point interface; the own address of others. */
  GIFDSTADDR: ofInterface("SIOCGIFDSTADDR", ipv4At),
  /** The flags of an interface: `IFF.UP` and so on, combined with `|`. */
  GIFFLAGS: ofInterface("SIOCGIFFLAGS", flagsAt),
  /** The hardware address of an interface. */
  GIFHWADDR: ofInterface("SIOCGIFHWADDR", hardwareAddressAt),
  /** The index of an interface, like `if_nametoindex()`. */
  GIFINDEX: ofInterface("SIOCGIFINDEX", intAt),
  /** The size in bytes of the largest packet of an interface. */
  GIFMTU: ofInterface("SIOCGIFMTU", intAt),
  /** The name of the interface with an index, like `if_indextoname()`. */
  GIFNAME: nameOf("SIOCGIFNAME"),
  /** The network mask of an interface. */
  GIFNETMASK: ofInterface("SIOCGIFNETMASK", ipv4At),
  /** The length of an interface's transmit queue, in packets. */
  GIFTXQLEN: ofInterface("SIOCGIFTXQLEN", intAt),
  /** The process or process group that receives SIGURG: a pid, a negative process group, or 0. */
  GPGRP: count("SIOCGPGRP"),
  /**
   * The arrival time of the last packet that the program received, in nanoseconds since 1970-01-01
   * UTC, with microsecond resolution. The first request turns time stamps on; it fails with
   * `NotFound` until a packet arrives.
   */
  GSTAMP: time("SIOCGSTAMP", 1000n),
  /** Like GSTAMP, with nanosecond resolution. */
  GSTAMPNS: time("SIOCGSTAMPNS", 1n),
  /** The number of bytes to receive; on a datagram socket, the size of the next datagram. */
  INQ: count("SIOCINQ"),
  /**
   * The bytes in the send queue: for TCP those that the peer has not acknowledged, for a unix
   * socket those that it has not received, including the kernel's overhead.
   */
  OUTQ: count("SIOCOUTQ"),
  /** The bytes in the send queue of a TCP socket that have not been sent yet. */
  OUTQNSD: count("SIOCOUTQNSD"),
};

/**
 * Requests of `ioctl()` that other files support, too, under their C names: FIONREAD is
 * `FIO.NREAD`.
 */
export const FIO = {
  /**
   * The number of bytes to receive; on a datagram socket, the size of the next datagram. Works on
   * every system.
   */
  NREAD: count("FIONREAD"),
};
