import type { Cmsg } from "../../control/cmsg.ts";
import type { AcceptQueue, ValueResult } from "../../system/system.ts";

/**
 * A sockaddr, decoded at the boundary of the System (host/sockaddr.ts). One flat shape for every
 * family: a socket looks at `family` and `length` first, as the kernel does, because a wrong one
 * has its own errno.
 */
export interface SocketAddress {
  /** AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC, or any number that a program passed. */
  readonly family: number;
  /**
   * The bytes that the caller passed, or that the kernel reports: sizeof(struct sockaddr_in) = 16.
   */
  readonly length: number;
  /** inet_ntop's text of AF_INET and AF_INET6, without a zone; "" otherwise or if too short. */
  readonly address: string;
  readonly port: number;
  /** sin6_scope_id. */
  readonly scopeId: number;
  /** sin6_flowinfo, in host byte order. */
  readonly flowInfo: number;
  /**
   * The bytes after the family of AF_UNIX and of other families; empty for AF_INET and AF_INET6.
   */
  readonly data: Uint8Array;
}

/** Arguments of send(), sendto() and sendmsg(). */
export interface SendRequest {
  /** The data, valid during the call; copy it to keep it. */
  readonly pieces: readonly Uint8Array[];
  /** The bytes in all pieces. */
  readonly length: number;
  /** MSG_, combined with |. */
  readonly flags: number;
  readonly address: SocketAddress | undefined;
  readonly controls: readonly Cmsg[];
  /** Open files that SCM_RIGHTS carries, looked up by the host; empty if there are none. */
  readonly files: readonly OpenFile[];
}

/** Arguments of recv(), recvfrom() and recvmsg(), and their results other than the count. */
export interface ReceiveRequest {
  /** Where the data goes. */
  readonly pieces: readonly Uint8Array[];
  readonly length: number;
  readonly flags: number;
  /** Whether the call would wait: a blocking socket, without MSG_DONTWAIT. */
  readonly blocks: boolean;
  /** Whether the caller wants control messages at all. */
  readonly wantsControls: boolean;
  /** Set by the socket: the sender; undefined leaves the caller's buffer empty. */
  address: SocketAddress | undefined;
  /** Set by the socket, in order. The host writes them, and truncates where room ends. */
  controls: Cmsg[];
  /** Set by the socket: files that arrived. The host gives them descriptors. */
  files: OpenFile[];
  /** Set by the socket: MSG_TRUNC, MSG_EOR, MSG_OOB, MSG_ERRQUEUE. */
  outFlags: number;
}

/** SO_PEERCRED's struct ucred. */
export interface Credentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** What a descriptor refers to: the kernel's struct file. Descriptors share it after SCM_RIGHTS. */
export interface OpenFile {
  readonly socket: KernelSocket;
  nonblocking: boolean;
  /**
   * The number of references from descriptors and messages. Dropping the last one closes the
   * socket.
   */
  references: number;
}

/**
 * A socket of one protocol, as the host's calls see it. Every method returns what Linux does: a
 * count or 0, or a negative errno. None waits: where a blocking socket would, it returns -EAGAIN
 * (connect: -EINPROGRESS at first, -EALREADY after that), and the host calls it again once
 * `ProtocolHost.changed()` was called for this socket (host/blocking.ts).
 */
export interface KernelSocket {
  /** AF_INET, AF_INET6 or AF_UNIX. */
  readonly domain: number;
  /** SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET or SOCK_RAW. */
  readonly type: number;
  /** IPPROTO_TCP and so on; 0 for unix sockets. */
  readonly protocol: number;
  /** SO_COOKIE, and the inode of its file: unique on its host. */
  readonly cookie: number;
  /** SO_RCVTIMEO and SO_SNDTIMEO in nanoseconds; Infinity if there is no limit. The host waits. */
  readonly receiveTimeout: number;
  readonly sendTimeout: number;
  /** SO_RCVLOWAT. */
  readonly receiveLowWater: number;
  /** The pending error, a positive errno (sk_err); 0 if there is none. */
  error: number;

  bind(address: SocketAddress): number;
  /**
   * Begins to connect. Called again, it reports: -EALREADY while connecting, 0 once connected, the
   * error once it failed, then -EISCONN (inet_stream_connect()).
   */
  connect(address: SocketAddress): number;
  listen(backlog: number): number;
  /**
   * Takes a connection from the accept queue. `blocks` says whether the caller would wait for one.
   */
  accept(blocks?: boolean): KernelSocket | number;
  shutdown(how: number): number;
  /**
   * Takes as many bytes as fit, or the whole message. -EPIPE raises no signal: a simulated process
   * has none.
   */
  send(request: SendRequest): number;
  /**
   * A stream returns the available bytes; the host calls again for the rest of MSG_WAITALL and
   * SO_RCVLOWAT.
   */
  receive(request: ReceiveRequest): number;
  getsockname(): SocketAddress | number;
  getpeername(): SocketAddress | number;
  /** The name that accept() reports; that of `getpeername()` if absent. */
  acceptedFrom?(): SocketAddress;
  /**
   * Reads an option. `value.length` is the caller's, already checked not to be negative; the
   * implementation writes the bytes, and the length that it wrote. (Helpers: host/option-value.ts.)
   */
  getsockopt(level: number, name: number, value: ValueResult): number;
  setsockopt(level: number, name: number, value: Uint8Array): number;
  /** SO_ATTACH_FILTER, whose value is a pointer: `filter` is an array of struct sock_filter. */
  attachFilter(filter: Uint8Array): number;
  /** SO_ATTACH_REUSEPORT_CBPF. */
  attachReuseportFilter(filter: Uint8Array): number;
  detachFilter(): number;
  /** The events of poll() that hold now: POLLIN, POLLOUT, POLLERR, POLLHUP, POLLRDHUP, POLLPRI. */
  events(): number;
  /** sockatmark(): 1 at the mark, 0 elsewhere, or a negative errno. */
  atMark(): number;
  /** Bytes that can be received now (FIONREAD); the host needs it for MSG_PEEK | MSG_WAITALL. */
  readable(): number;
  /** What SIOCOUTQ and SIOCOUTQNSD count, or negative errnos; ENOTTY if absent. */
  unacknowledged?(): { readonly queued: number; readonly unsent: number };
  /**
   * SIOCGSTAMP: when the last packet that was received arrived, in nanoseconds since 1970, or a
   * negative errno; ENOTTY if absent.
   */
  stamp?(): bigint;
  /** The length of the accept queue and its limit; undefined unless listening. */
  acceptQueue(): AcceptQueue | undefined;
  /** The last descriptor was closed. Queues may live on: TIME_WAIT, unsent data. */
  close(): void;
  /**
   * After close() with SO_LINGER: how long close() waits at most, in nanoseconds; 0 if it need not
   * wait, or need not any more.
   */
  lingering(): number;
  /** For people: `tcp 10.0.0.1:80 listening`. */
  describe(): string;
}
