import {
  count,
  flag,
  flagsAt,
  hardwareAddressAt,
  intAt,
  ipv4At,
  nameOf,
  ofInterface,
  setInt,
  setOfInterface,
  time,
  toFlags,
  toHardwareAddress,
  toInt,
  toIpv4,
  toName,
} from "./ioctl-request.ts";

/**
 * Requests of `ioctl()` under their C names: SIOCOUTQ is `SIOC.OUTQ`. Those about network
 * interfaces apply to the socket's network namespace. Addresses are IPv4 addresses, and need an
 * AF.INET socket. Those that set something (SIF…) need CAP_NET_ADMIN.
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
  /**
   * Sets the address of an interface, with the network mask of its class; `"0.0.0.0"` removes it.
   */
  SIFADDR: setOfInterface("SIOCSIFADDR", toIpv4),
  /** Sets the broadcast address of an interface, which must have an address. */
  SIFBRDADDR: setOfInterface("SIOCSIFBRDADDR", toIpv4),
  /** Sets the peer's address of a point-to-point interface, which must have an address. */
  SIFDSTADDR: setOfInterface("SIOCSIFDSTADDR", toIpv4),
  /**
   * Sets all flags of an interface: those of GIFFLAGS, with the changes. The kernel ignores those
   * that only report, such as `IFF.RUNNING`.
   */
  SIFFLAGS: setOfInterface("SIOCSIFFLAGS", toFlags),
  /**
   * Sets the hardware address of an interface; `type` must be its device type. For Ethernet and
   * similar devices it must have at least 6 bytes.
   */
  SIFHWADDR: setOfInterface("SIOCSIFHWADDR", toHardwareAddress),
  /** Sets the size in bytes of the largest packet of an interface, within the device's limits. */
  SIFMTU: setOfInterface("SIOCSIFMTU", toInt),
  /** Renames an interface. Before Linux 6.2 it must be down. */
  SIFNAME: setOfInterface("SIOCSIFNAME", toName),
  /** Sets the network mask of an interface, which must have an address. */
  SIFNETMASK: setOfInterface("SIOCSIFNETMASK", toIpv4),
  /** Sets the length of an interface's transmit queue, in packets. */
  SIFTXQLEN: setOfInterface("SIOCSIFTXQLEN", toInt),
  /**
   * Sets the process or process group that receives SIGURG when out-of-band data arrives: a pid, a
   * negative process group, or 0 for none.
   */
  SPGRP: setInt("SIOCSPGRP"),
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
