import type { Random } from "../clock/random.ts";
import type { VirtualClock } from "../clock/virtual-clock.ts";
import type { IcmpMessage, Packet } from "../ip/packet.ts";
import type { HostFileSystem } from "./host-files.ts";
import type { Credentials, KernelSocket, OpenFile } from "./kernel-socket.ts";
import type { LinuxTraits } from "./linux-release.ts";
import type { GroupHost } from "./memberships.ts";
import type { NetworkInterface } from "./network-interface.ts";
import type { PortTable } from "./port-table.ts";
import type { Sysctls } from "./sysctls.ts";

/** The host, as a protocol sees it. */
export interface ProtocolHost extends GroupHost {
  readonly name: string;
  readonly clock: VirtualClock;
  /** Settings under Linux's names; read them when they are needed, since they can change. */
  readonly sysctls: Sysctls;
  /** The behavior of its release of Linux where releases differ. */
  readonly linux: LinuxTraits;
  /** Counters under Linux's names: those of /proc/net/snmp and netstat, "TcpExt.ListenDrops". */
  readonly counters: Counters;
  /** The effective user: port rules and SO_REUSEPORT compare it. 0 by default. */
  readonly user: number;

  /** The credentials of the host's program: SO_PEERCRED, SCM_CREDENTIALS. */
  readonly credentials: Credentials;
  /** The file system, for the paths of unix sockets. */
  readonly files: HostFileSystem;
  /** A number for SO_COOKIE and the inode of a socket's file, unique on this host. */
  nextCookie(): number;
  /** The host's calendar, for SO_TIMESTAMP. */
  time(): { readonly seconds: number; readonly nanoseconds: number };
  /** The generator of random numbers of a purpose on this host ("tcp sequence"); keep it. */
  random(purpose: string): Random;
  /** The ports in use of a protocol: PROTOCOL.TCP, PROTOCOL.UDP. */
  ports(protocol: number): PortTable;
  /** The memory that all sockets of a protocol use: tcp_mem, udp_mem. */
  memory(protocol: number): MemoryUse;

  /**
   * Finds the way to a destination: its source address, device and MTU; or -ENETUNREACH,
   * -EHOSTUNREACH, -EINVAL, -EACCES.
   */
  route(destination: string, from?: RouteFrom): Route | number;
  /**
   * Sends a packet along a route, fragmenting IPv4 if it may. Returns 0, or a negative errno:
   * -EMSGSIZE if it does not fit. Packets to the host itself arrive in an event of their own, never
   * during this call.
   */
  send(packet: Packet, route: Route): number;
  /** Delivers a packet to this host as well as to its destination: multicast that loops back. */
  loopBack(packet: Packet, device: NetworkInterface): void;
  /** The number that the IP header's identification takes for a packet that may be fragmented. */
  nextIdentification(): number;
  /** Whether an address is one of this host's, including loopback. */
  isLocal(address: string): boolean;
  /**
   * Whether an IPv4 address is 255.255.255.255, or a broadcast address of one of the interfaces.
   */
  isBroadcast(address: string): boolean;
  /** The interface with a number or name, or the one that has an address. */
  interfaceOf(address: string): NetworkInterface | undefined;
  interfaceByIndex(index: number): NetworkInterface | undefined;
  interfaceByName(name: string): NetworkInterface | undefined;
  /** Answers a packet with an ICMP error, at most as often as icmp_ratelimit allows. */
  sendIcmpError(about: Packet, error: IcmpError): void;

  /** Registers the protocol of a number, for packets that arrive and for errors about sent ones. */
  register(protocol: number | "unix", handler: ProtocolHandler): void;

  /**
   * Call it whenever events of a socket may have begun: it wakes blocking calls, poll() and
   * readiness queues. `woken` is the poll mask of what happened, as the kernel passes it to
   * wake_up_poll(): POLLIN for more data even if some was there already.
   */
  changed(socket: KernelSocket, woken: number): void;
  /** Drops the reference to a file that a message carried and no program received. */
  release(file: OpenFile): void;

  /** Adds a change of state to the trace: `logged("tcp 10.0.0.1:80", "LISTEN")`. */
  logged(subject: string, change: string): void;
}

/** A protocol above IP. */
export interface ProtocolHandler {
  /** A packet for this host, whole (fragments are reassembled) and with a good checksum. */
  receive(packet: Packet, from: NetworkInterface): void;
  /**
   * An ICMP error about a packet that this host sent; `about` is cut as the message was. `from` is
   * who reports it.
   */
  error(about: Packet, message: IcmpMessage, from: string): void;
  /**
   * A new socket, or a negative errno. The host has checked domain, type and protocol against the
   * table of protocols.
   */
  socket(domain: number, type: number): KernelSocket | number;
  /** Two connected sockets, for socketpair(); absent if the protocol has none. */
  pair?(domain: number, type: number): readonly [KernelSocket, KernelSocket] | number;
  /**
   * The host crashed or is shut down: forget every socket, and stop every timer. Nothing is sent.
   */
  crash(): void;
}

/** Constraints on a route. */
export interface RouteFrom {
  /** The source address, if the socket is bound to one. */
  readonly source?: string | undefined;
  /** The index of the interface (SO_BINDTODEVICE, a scope, IP_UNICAST_IF); 0 or absent for any. */
  readonly interface?: number | undefined;
}

/** How a packet leaves the host. Valid for the moment; ask again after a while or an error. */
export interface Route {
  readonly version: 4 | 6;
  readonly destination: string;
  /** The source address for a socket that has none. */
  readonly source: string;
  readonly interface: NetworkInterface;
  /** The next host; the destination itself if it is on the link. */
  readonly nextHop: string;
  /** The path MTU: the interface's, or less if a "packet too big" said so. */
  readonly mtu: number;
  /** The path takes less than min_pmtu, so that packets to it may be fragmented. */
  readonly mtuLocked: boolean;
  readonly kind: "local" | "unicast" | "broadcast" | "multicast";
}

/** Type, code and info of an error about a packet. */
export interface IcmpError {
  readonly type: number;
  readonly code: number;
  readonly info?: number;
}

/** The memory of one protocol's sockets on one host, in bytes, and its limits. */
export interface MemoryUse {
  readonly allocated: number;
  /** Above the middle limit, and not yet back below the lowest one. */
  readonly pressure: boolean;
  /** Above the highest limit. */
  readonly exceeded: boolean;
  charge(bytes: number): void;
  uncharge(bytes: number): void;
}

/** One counter of a host. */
export interface Counter {
  value: number;
}

export interface Counters {
  /** The counter of a name, to keep where it counts every packet. */
  counter(name: string): Counter;
  count(name: string, by?: number): void;
  get(name: string): number;
  entries(): IterableIterator<[name: string, value: number]>;
}
