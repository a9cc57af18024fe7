import type { Clock } from "../clock/clock.ts";
import type { Constants } from "./constants.ts";
import type { Bytes, ValueResult } from "./value-result.ts";

/**
 * One kind of network: the calls as the operating system has them, and its numbers. Every call
 * returns what C's would, or a negative errno; none throws, blocks the process's signals, or
 * remembers anything.
 */
export interface System extends SystemNumbers, Calls {
  /** What its timeouts run on: `machineClock`, unless the system has a clock of its own. */
  readonly clock: Clock;
  /** Room for one address, for the length of one call. */
  readonly address: ValueResult;
  /** Room for the value of one option, for the length of one call. */
  readonly option: ValueResult;
  /**
   * Room for the address and the control messages of the message at an index, for the length of one
   * call.
   */
  messageMemory(index: number): MessageMemory;
}

/** The numbers and layouts of a system, which are known on every machine. */
export interface SystemNumbers {
  readonly name: "darwin" | "freebsd" | "linux" | "scripted" | "windows";
  readonly constants: Constants;
  readonly errnos: Errnos;
  /** The C name of a number; undefined where the system's headers have none. */
  errnoName(errno: number): string | undefined;
  /**
   * C name of an option to its level and number; an option that is absent is one that the system
   * lacks.
   */
  readonly options: Readonly<Record<string, OptionNumber>>;
  /**
   * The options whose value points into the process's memory: raw bytes must not be handed to them.
   */
  readonly pointerOptions: readonly OptionNumber[];
  readonly sockaddr: SockaddrLayout;
  /** C name of a control message to its level and number. */
  readonly controls: Readonly<Record<string, OptionNumber>>;
  /**
   * The C name of the control message of a level and number; undefined where `controls` has none.
   */
  controlName(level: number, number: number): string | undefined;
  readonly cmsg: CmsgLayout;
  readonly optionLayouts: OptionLayouts;
  readonly capabilities: Capabilities;
}

/**
 * What only some systems can do. Code asks for one of these, and never for the name of the system.
 */
export interface Capabilities {
  /** Whether a unix socket passes sockets to another process (SCM_RIGHTS). */
  readonly passesDescriptors: boolean;
  /** Whether a program can have descriptors of the one that started it, by their numbers. */
  readonly inheritsDescriptors: boolean;
  /** Whether the handles of Node's sockets tell their descriptors. */
  readonly tellsHandles: boolean;
  /** Whether Node's servers listen on a descriptor: `server.listen({ fd })`. */
  readonly serversTakeDescriptors: boolean;
  /** Whether the kernel counts the connections that it drops, of each listener and of all. */
  readonly countsDrops: boolean;
}

/** C name to number: EADDRINUSE is 98 on Linux. Every system has those that are named here. */
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
  /** BSD's sockaddr begins with its length in a byte, before the family. */
  readonly lengthByte: boolean;
  /** Bytes of sun_path. */
  readonly sunPathSize: number;
  /**
   * Whether a NUL in front of a unix path begins a name of Linux's abstract namespace; elsewhere it
   * ends the path.
   */
  readonly abstractNames: boolean;
}

export interface CmsgLayout {
  /** sizeof(struct cmsghdr). */
  readonly headerSize: number;
  /** What CMSG_ALIGN rounds up to. */
  readonly alignment: number;
  /** sizeof(cmsg_len). */
  readonly lengthSize: 4 | 8;
}

/** How values of options lie that differ between systems. */
export interface OptionLayouts {
  /** struct timeval, or a DWORD of milliseconds. */
  readonly timeout: "timeval" | "milliseconds";
  /** Of what struct linger has two. */
  readonly linger: "ints" | "shorts";
  /**
   * What IP_ADD_MEMBERSHIP takes: struct ip_mreqn, or struct ip_mreq, which has no number of an
   * interface.
   */
  readonly membership: "ip_mreqn" | "ip_mreq";
  /** Whether imr_sourceaddr comes before imr_interface in struct ip_mreq_source. */
  readonly sourceBeforeInterface: boolean;
  /** Where gr_group is in struct group_req: behind the interface, and what aligns it. */
  readonly groupOffset: 4 | 8;
}

/** What a message has beside its data. */
export interface MessageMemory {
  readonly address: ValueResult;
  readonly control: ValueResult;
}

/** What sendmsg() and recvmsg() take: struct msghdr, as its caller sees it. */
export interface MessageHeader {
  /** Whom to send to, or room for who sent it. */
  readonly address: ValueResult | null;
  /** The data, or room for it. */
  readonly data: readonly Uint8Array[];
  /**
   * Where the system's note of where each piece of `data` lies goes, for the next call with this
   * header; null if there is none.
   */
  readonly locations: number[] | null;
  /** Control messages, or room for them. */
  control: ValueResult | null;
  /** What recvmsg() tells: MSG_TRUNC and so on. */
  flags: number;
  /** What sendmmsg() and recvmmsg() tell of each message: how many bytes. */
  bytes: number;
}

export interface Calls {
  /** `flags` of socket(), accept() and socketpair() are those of descriptor-flags.ts. */
  accept(fd: number, address: ValueResult, flags: number): number;
  bind(fd: number, address: ValueResult): number;
  close(fd: number): number;
  connect(fd: number, address: ValueResult): number;
  getpeername(fd: number, address: ValueResult): number;
  getsockname(fd: number, address: ValueResult): number;
  getsockopt(fd: number, level: number, name: number, value: ValueResult): number;
  listen(fd: number, backlog: number): number;
  poll(entries: PollEntry[], timeout: number): number;
  recv(fd: number, buffer: Uint8Array, flags: number): number;
  recvfrom(fd: number, buffer: Uint8Array, flags: number, address: ValueResult): number;
  recvmmsg(fd: number, messages: readonly MessageHeader[], flags: number): number;
  recvmsg(fd: number, message: MessageHeader, flags: number): number;
  send(fd: number, buffer: Uint8Array, flags: number): number;
  sendmmsg(fd: number, messages: readonly MessageHeader[], flags: number): number;
  sendmsg(fd: number, message: MessageHeader, flags: number): number;
  sendto(fd: number, buffer: Uint8Array, flags: number, address: ValueResult): number;
  setsockopt(fd: number, level: number, name: number, value: ValueResult): number;
  shutdown(fd: number, how: number): number;
  sockatmark(fd: number): number;
  socket(domain: number, type: number, protocol: number, flags: number): number;
  socketpair(domain: number, type: number, protocol: number, fds: Int32Array, flags: number): number;

  /** Whether calls on a descriptor that would block fail instead. */
  setNonblocking(fd: number, nonblocking: boolean): number;
  /** Keeps a descriptor that was inherited from the programs that this process starts. */
  setCloseOnExec(fd: number): number;

  /** Which file a descriptor is; null where it is not open. */
  identity(fd: number): FileIdentity | null;
  /**
   * Has a descriptor closed when this worker thread ends, by whatever means, and until
   * `keepAtThreadEnd`.
   */
  closeAtThreadEnd(fd: number): void;
  /** Comes before the descriptor is closed, or handed to somebody else. */
  keepAtThreadEnd(fd: number): void;
  /** What a TCP socket is; undefined for another protocol, and where the system cannot tell. */
  tcpState(fd: number): SocketState | undefined;
  /**
   * Whether receiving has ended: the peer's end arrived, the connection was reset, or we shut it
   * down.
   */
  receivingEnded(fd: number): boolean;
  /** The number of a network interface; 0 where there is none of that name. */
  interfaceIndex(name: string): number;
  /**
   * Connections that wait in a listener's accept queue, and its limit; undefined where the system
   * cannot tell.
   */
  acceptQueue(fd: number): AcceptQueue | undefined;
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

/** What a socket is to connect() and listen(), where one errno says several things. */
export type SocketState = "connected" | "connecting" | "listening" | "not connected" | "shut down";

/** The accept queue of a listener. */
export interface AcceptQueue {
  /** Connections that are established and wait to be accepted. */
  readonly pending: number;
  /** The backlog in force. Linux admits one connection more. */
  readonly limit: number;
}

export type { Bytes, Constants, ValueResult };
