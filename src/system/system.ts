import type { Clock } from "../clock/clock.ts";
import type { Constants } from "./constants.ts";
import type { Resolver, SocketFiles } from "./services.ts";
import type { Bytes, ValueResult } from "./value-result.ts";

/**
 * One kind of network: the calls of an operating system, and its numbers. Every call returns what
 * C's would, or a negative errno; none throws, blocks signals, or keeps state.
 */
export interface System extends SystemNumbers, Calls {
  /** The clock of its timeouts: `machineClock`, unless the system has its own. */
  readonly clock: Clock;
  readonly resolver: Resolver;
  readonly files: SocketFiles;
  /**
   * Sends up to `count` bytes of a regular file, from an offset on, without passing them through
   * the process. Absent where the system has no such call.
   */
  readonly sendfile?: (fd: number, file: number, offset: number, count: number) => number;
  /**
   * The negative errno that ended a connection, after a call has consumed it without reporting it;
   * 0 if there is none. Absent where no call does that, or the error cannot be found out.
   */
  readonly lostError?: (fd: number) => number;
  /** A buffer for one address, for the duration of one call. */
  readonly address: ValueResult;
  /** A buffer for the value of one option, for the duration of one call. */
  readonly option: ValueResult;
  /**
   * A buffer for the address and the control messages of the message at an index, for the duration
   * of one call.
   */
  messageMemory(index: number): MessageMemory;
}

/** The numbers and layouts of a system, available on every host. */
export interface SystemNumbers {
  readonly name: "darwin" | "freebsd" | "linux" | "scripted" | "windows";
  readonly constants: Constants;
  readonly errnos: Errnos;
  /** The C name of an errno; undefined if the system's headers have none. */
  errnoName(errno: number): string | undefined;
  /**
   * Maps the C name of an option to its level and number; the system lacks options that are absent.
   */
  readonly options: Readonly<Record<string, OptionNumber>>;
  /** The options whose value points into the process's memory: they must not be given raw bytes. */
  readonly pointerOptions: readonly OptionNumber[];
  readonly sockaddr: SockaddrLayout;
  /** Maps the C name of a control message to its level and number. */
  readonly controls: Readonly<Record<string, OptionNumber>>;
  /**
   * The C name of the control message with a level and number; undefined if `controls` has none.
   */
  controlName(level: number, number: number): string | undefined;
  /** Maps the C name of a request of ioctl() to its number; the system lacks those absent. */
  readonly ioctls: Readonly<Record<string, number>>;
  readonly cmsg: CmsgLayout;
  readonly optionLayouts: OptionLayouts;
  readonly capabilities: Capabilities;
}

/** Abilities that only some systems have. Code checks these, never the name of the system. */
export interface Capabilities {
  /** Whether a unix socket passes sockets to another process (SCM_RIGHTS). */
  readonly passesDescriptors: boolean;
  /** Whether a process can inherit descriptors by number. */
  readonly inheritsDescriptors: boolean;
  /** Whether the handles of Node's sockets reveal their descriptors. */
  readonly tellsHandles: boolean;
  /** Whether Node's servers listen on a descriptor: `server.listen({ fd })`. */
  readonly serversTakeDescriptors: boolean;
  /** Whether a socket that is garbage-collected while open is closed. */
  readonly closesLeaks: boolean;
  /** Whether the kernel counts the connections it drops, per listener and in total. */
  readonly countsDrops: boolean;
}

/** Maps a C name to a number: EADDRINUSE is 98 on Linux. Every system has those named here. */
export type Errnos = Readonly<Record<string, number> & Record<CommonErrno, number>>;

type CommonErrno =
  | "EAGAIN"
  | "EBADF"
  | "ECANCELED"
  | "ECONNRESET"
  | "EINPROGRESS"
  | "EINTR"
  | "EINVAL"
  | "ENOENT"
  | "ENOTCONN"
  | "EOPNOTSUPP";

export interface OptionNumber {
  readonly level: number;
  readonly number: number;
}

export interface SockaddrLayout {
  /** Whether sockaddr begins with its length in a byte before the family, as in BSD. */
  readonly lengthByte: boolean;
  /** Bytes of sun_path. */
  readonly sunPathSize: number;
  /**
   * Whether a NUL at the start of a unix path begins a name in Linux's abstract namespace;
   * elsewhere it ends the path.
   */
  readonly abstractNames: boolean;
  /** Whether Bluetooth addresses have BlueZ's layout; other systems differ. */
  readonly bluez: boolean;
}

export interface CmsgLayout {
  /** sizeof(struct cmsghdr). */
  readonly headerSize: number;
  /** The alignment of CMSG_ALIGN. */
  readonly alignment: number;
  /** sizeof(cmsg_len). */
  readonly lengthSize: 4 | 8;
}

/** The layouts of option values that differ between systems. */
export interface OptionLayouts {
  /** struct timeval, or a DWORD of milliseconds. */
  readonly timeout: "timeval" | "milliseconds";
  /** The type of the two members of struct linger. */
  readonly linger: "ints" | "shorts";
  /**
   * The value of IP_ADD_MEMBERSHIP: struct ip_mreqn, or struct ip_mreq, which has no interface
   * number.
   */
  readonly membership: "ip_mreqn" | "ip_mreq";
  /** Whether imr_sourceaddr comes before imr_interface in struct ip_mreq_source. */
  readonly sourceBeforeInterface: boolean;
  /** The offset of gr_group in struct group_req: after the interface and its padding. */
  readonly groupOffset: 4 | 8;
}

/** The parts of a message other than its data. */
export interface MessageMemory {
  readonly address: ValueResult;
  readonly control: ValueResult;
}

/** The argument of sendmsg() and recvmsg(): struct msghdr, as its caller sees it. */
export interface MessageHeader {
  /** The address to send to, or a buffer for the sender's. */
  readonly address: ValueResult | null;
  /** The data, or buffers for it. */
  readonly data: readonly Uint8Array[];
  /**
   * The system's record of where each piece of `data` lies, for the next call with this header;
   * null if there is none.
   */
  readonly locations: number[] | null;
  /** Control messages, or a buffer for them. */
  control: ValueResult | null;
  /** The flags that recvmsg() returned: MSG_TRUNC and so on. */
  flags: number;
  /** The byte count that sendmmsg() and recvmmsg() return for each message. */
  bytes: number;
}

export interface Calls {
  /** `flags` of socket(), accept() and socketpair() are those of descriptor-flags.ts. */
  accept(fd: number, address: ValueResult, flags: number): number;
  /** `filter` is an array of struct sock_filter. */
  attachFilter(fd: number, filter: Uint8Array): number;
  attachReuseportFilter(fd: number, filter: Uint8Array): number;
  bind(fd: number, address: ValueResult): number;
  close(fd: number): number;
  connect(fd: number, address: ValueResult): number;
  detachFilter(fd: number): number;
  /**
   * `flags` is CLOSE_ON_EXEC of descriptor-flags.ts, or 0; `least` is the lowest number for the new
   * descriptor, which Windows ignores.
   */
  dup(fd: number, flags: number, least: number): number;
  /**
   * Appends the addresses of a name. Returns a negative EAI number (eai.ts) for the resolver's own
   * errors.
   */
  getaddrinfo(
    node: string | null,
    service: string | null,
    hints: AddressInfoHints,
    into: ResolvedAddressInfo[],
  ): number;
  /** Writes the names of an address; fails like getaddrinfo(). */
  getnameinfo(address: ValueResult, flags: number, into: NameInfo[]): number;
  getpeername(fd: number, address: ValueResult): number;
  /** Writes the number of a protocol of /etc/protocols; C's returns a structure. */
  getprotobyname(name: string, into: ProtocolEntry[]): number;
  /** Writes the port of a service of /etc/services; null means any protocol. */
  getservbyname(name: string, protocol: string | null, into: ServiceEntry[]): number;
  getsockname(fd: number, address: ValueResult): number;
  getsockopt(fd: number, level: number, name: number, value: ValueResult): number;
  /** Writes the name of a network interface, with its NUL, into IF_NAMESIZE bytes. */
  if_indextoname(index: number, name: Uint8Array): number;
  /** Appends every network interface. */
  if_nameindex(into: InterfaceName[]): number;
  /** The index of a network interface: unlike C's, a negative errno if none has that name. */
  if_nametoindex(name: string): number;
  /** `argument` is large enough for the request's structure, which contains no pointer. */
  ioctl(fd: number, request: number, argument: ValueResult): number;
  listen(fd: number, backlog: number): number;
  poll(entries: PollEntry[], timeout: number): number;
  recv(fd: number, buffer: Uint8Array, flags: number): number;
  recvfrom(fd: number, buffer: Uint8Array, flags: number, address: ValueResult): number;
  recvmmsg(fd: number, messages: readonly MessageHeader[], flags: number): number;
  recvmsg(fd: number, message: MessageHeader, flags: number): number;
  /** `addresses` is packed: sockaddr_in and sockaddr_in6, one after another. */
  sctp_bindx(fd: number, addresses: Uint8Array, flags: number): number;
  /** Returns the number of the association. */
  sctp_connectx(fd: number, addresses: Uint8Array): number;
  /** Returns a new descriptor. */
  sctp_peeloff(fd: number, assocId: number, flags: number): number;
  send(fd: number, buffer: Uint8Array, flags: number): number;
  sendmmsg(fd: number, messages: readonly MessageHeader[], flags: number): number;
  sendmsg(fd: number, message: MessageHeader, flags: number): number;
  sendto(fd: number, buffer: Uint8Array, flags: number, address: ValueResult): number;
  setsockopt(fd: number, level: number, name: number, value: ValueResult): number;
  shutdown(fd: number, how: number): number;
  sockatmark(fd: number): number;
  socket(domain: number, type: number, protocol: number, flags: number): number;
  socketpair(domain: number, type: number, protocol: number, fds: Int32Array, flags: number): number;

  /** Whether calls that would block fail instead: 1 or 0. */
  getNonblocking(fd: number): number;
  /** Sets whether calls that would block fail with EAGAIN instead. */
  setNonblocking(fd: number, nonblocking: boolean): number;
  /** Whether child programs are kept from inheriting the descriptor: 1 or 0. */
  getCloseOnExec(fd: number): number;
  /** Sets whether child programs are kept from inheriting the descriptor. */
  setCloseOnExec(fd: number, closeOnExec: boolean): number;

  /** Identifies a descriptor's file; null if it is not open. */
  identity(fd: number): FileIdentity | null;
  /**
   * Arranges for a descriptor to be closed when this worker thread ends for any reason, until
   * `keepAtThreadEnd`.
   */
  closeAtThreadEnd(fd: number): void;
  /** Call it before the descriptor is closed or handed to another owner. */
  keepAtThreadEnd(fd: number): void;
  /** The state of a TCP socket; undefined for another protocol, or if the system cannot tell. */
  tcpState(fd: number): SocketState | undefined;
  /**
   * Whether receiving has ended: the peer's end arrived, the connection was reset, or we shut it
   * down.
   */
  receivingEnded(fd: number): boolean;
  /**
   * The length of a listener's accept queue, and its limit; undefined if the system cannot tell.
   */
  acceptQueue(fd: number): AcceptQueue | undefined;
}

/** Which addresses getaddrinfo() looks for: the members of struct addrinfo. */
export interface AddressInfoHints {
  readonly flags: number;
  readonly family: number;
  readonly socktype: number;
  readonly protocol: number;
}

/** An entry of the result of getaddrinfo(). */
export interface ResolvedAddressInfo {
  readonly family: number;
  readonly socktype: number;
  readonly protocol: number;
  /** The sockaddr. */
  readonly address: Uint8Array;
  readonly canonname: string | undefined;
}

/** The names of an address. */
export interface NameInfo {
  readonly host: string;
  readonly service: string;
}

/** An entry of the table of protocols: struct protoent. */
export interface ProtocolEntry {
  readonly name: string;
  readonly protocol: number;
}

/** An entry of the table of services: struct servent. */
export interface ServiceEntry {
  readonly name: string;
  readonly port: number;
  /** The protocol's name, such as `"tcp"`. */
  readonly protocol: string;
}

/** A network interface. */
export interface InterfaceName {
  readonly index: number;
  readonly name: string;
}

export interface PollEntry {
  readonly fd: number;
  readonly events: number;
  revents: number;
}

export interface FileIdentity {
  readonly device: number;
  readonly inode: number;
}

/**
 * The states of a socket that connect() and listen() need to resolve an errno with several
 * meanings.
 */
export type SocketState = "connected" | "connecting" | "listening" | "not connected" | "shut down";

/** The accept queue of a listener. */
export interface AcceptQueue {
  /** Established connections that wait to be accepted. */
  readonly pending: number;
  /** The backlog in effect. Linux admits one connection more. */
  readonly limit: number;
}

export type { Bytes, Constants, ValueResult };
