import { act, descriptor, flag, int, intBetween, name, rate, uint, uint64 } from "./codecs.ts";
import { option, readOnly, writeOnly } from "./option.ts";
import { pendingError } from "./pending-error.ts";
import { acceptFilter } from "./structures/accept-filter-arg.ts";
import { credentials, groups } from "./structures/credentials.ts";
import { dmabufTokens } from "./structures/dmabuf-tokens.ts";
import { linger } from "./structures/linger.ts";
import { memoryInfo } from "./structures/meminfo.ts";
import { milliseconds } from "./structures/timeval.ts";
import { transmitTime } from "./structures/txtime.ts";

/** IFNAMSIZ less the NUL (include/uapi/linux/if.h). */
const INTERFACE_NAME = 15;
/** Longer than any label in use; the kernel says ERANGE, and the length, where one is longer. */
const SECURITY_LABEL = 255;

/**
 * Options of SOL_SOCKET (socket(7)), under their C names. SO_ATTACH_FILTER,
 * SO_ATTACH_REUSEPORT_CBPF and SO_GET_FILTER carry pointers, and are not here; nor is SO_PEERNAME,
 * which is getpeername().
 */
export const SO = {
  /** Whether the socket listens. */
  ACCEPTCONN: readOnly("SO_ACCEPTCONN", flag),
  /**
   * Holds connections back from accept() until the filter lets them go; set on a listener; FreeBSD
   * (accept_filter(9)).
   */
  ACCEPTFILTER: option("SO_ACCEPTFILTER", acceptFilter),
  /**
   * Filters what arrives by the eBPF program of this descriptor, of type
   * BPF_PROG_TYPE_SOCKET_FILTER; Linux 3.19.
   */
  ATTACH_BPF: writeOnly("SO_ATTACH_BPF", descriptor),
  /**
   * Lets the eBPF program of this descriptor choose among the sockets that share a port with
   * REUSEPORT; Linux 4.5.
   */
  ATTACH_REUSEPORT_EBPF: writeOnly("SO_ATTACH_REUSEPORT_EBPF", descriptor),
  /**
   * The network interface that alone may carry the socket's packets, or `""`; to change it takes
   * CAP_NET_RAW.
   */
  BINDTODEVICE: option("SO_BINDTODEVICE", name(INTERFACE_NAME)),
  /** The same by the interface's number, or 0 for none; Linux 5.0. */
  BINDTOIFINDEX: option("SO_BINDTOIFINDEX", intBetween(0, 0x7fffffff)),
  /** How many ancillary loads a classic BPF filter may use: SKF_AD_MAX. */
  BPF_EXTENSIONS: readOnly("SO_BPF_EXTENSIONS", int),
  /** Lets datagrams go to a broadcast address. */
  BROADCAST: option("SO_BROADCAST", flag),
  /**
   * Keeps the kernel from resizing the send buffer (1), the receive buffer (2) or both (3); Linux
   * 5.14.
   */
  BUF_LOCK: option("SO_BUF_LOCK", intBetween(0, 3)),
  /**
   * How many microseconds a blocking receive or poll() polls the device first; to raise it takes
   * CAP_NET_ADMIN.
   */
  BUSY_POLL: option("SO_BUSY_POLL", intBetween(0, 0x7fffffff)),
  /**
   * How many packets one busy poll takes, 0 to 65535; to raise it takes CAP_NET_ADMIN; Linux 5.11.
   */
  BUSY_POLL_BUDGET: writeOnly("SO_BUSY_POLL_BUDGET", intBetween(0, 0xffff)),
  /**
   * Tells the kernel that the path to the peer does badly, so that it looks for another route;
   * Linux 4.6.
   */
  CNX_ADVICE: writeOnly("SO_CNX_ADVICE", act),
  /** Windows: a connection is made when it is accepted, not before; set before listen(). */
  CONDITIONAL_ACCEPT: option("SO_CONDITIONAL_ACCEPT", flag),
  /** A number that no other socket has while the system runs; Linux 4.12. */
  COOKIE: readOnly("SO_COOKIE", uint64),
  /** Records debugging information; to turn it on takes CAP_NET_ADMIN. */
  DEBUG: option("SO_DEBUG", flag),
  /** Takes the filter of ATTACH_BPF away: the same as DETACH_FILTER. */
  DETACH_BPF: writeOnly("SO_DETACH_BPF", act),
  /** Takes the filter away, of either kind; NotFound where there is none. */
  DETACH_FILTER: writeOnly("SO_DETACH_FILTER", act),
  /** Takes the program that chooses among the sockets of a port away; Linux 5.3. */
  DETACH_REUSEPORT_BPF: writeOnly("SO_DETACH_REUSEPORT_BPF", act),
  /**
   * Gives buffers of device memory back that were received over TCP; 1 to 128 runs at a time; Linux
   * 6.12.
   */
  DEVMEM_DONTNEED: writeOnly("SO_DEVMEM_DONTNEED", dmabufTokens),
  /** The address family: AF.INET and so on. */
  DOMAIN: readOnly("SO_DOMAIN", int),
  /** Sends only to hosts on directly connected networks. */
  DONTROUTE: option("SO_DONTROUTE", flag),
  /** The pending error, or null; to read it clears it. */
  ERROR: readOnly("SO_ERROR", pendingError),
  /**
   * Windows: nobody else may bind to the port while this socket has it, whatever they set. For a
   * server, set this before bind(), and never REUSEADDR, with which another program could take the
   * port from under it. Other systems need and have nothing like it.
   */
  EXCLUSIVEADDRUSE: option("SO_EXCLUSIVEADDRUSE", flag),
  /**
   * The CPU that handled the last packet; set, the one for which REUSEPORT prefers the socket; -1
   * is none.
   */
  INCOMING_CPU: option("SO_INCOMING_CPU", int),
  /** The number of the device queue that the last packet came by; 0 is none; Linux 4.12. */
  INCOMING_NAPI_ID: readOnly("SO_INCOMING_NAPI_ID", uint),
  /**
   * Probes a connection that is idle, and ends it where nobody answers (TCP.KEEPIDLE, KEEPINTVL,
   * KEEPCNT).
   */
  KEEPALIVE: option("SO_KEEPALIVE", flag),
  /** What close() does with data that is not sent yet. */
  LINGER: option("SO_LINGER", linger),
  /** How many connections that are not established yet a listener has; FreeBSD. */
  LISTENINCQLEN: readOnly("SO_LISTENINCQLEN", int),
  /**
   * How many connections wait in a listener's accept queue: `acceptQueue()` tells it everywhere;
   * FreeBSD.
   */
  LISTENQLEN: readOnly("SO_LISTENQLEN", int),
  /** The backlog in force; FreeBSD. */
  LISTENQLIMIT: readOnly("SO_LISTENQLIMIT", int),
  /** Locks the filter, for good: to unlock it is PermissionDenied. */
  LOCK_FILTER: option("SO_LOCK_FILTER", flag),
  /**
   * The mark of the packets sent, for routing and firewall rules; takes CAP_NET_ADMIN, or
   * CAP_NET_RAW from Linux 5.17.
   */
  MARK: option("SO_MARK", uint),
  /** The most that is sent, in bytes a second, 0 to 2^53 - 1; Infinity is no limit. */
  MAX_PACING_RATE: option("SO_MAX_PACING_RATE", rate),
  /** What the socket's queues take up; Linux 4.12. */
  MEMINFO: readOnly("SO_MEMINFO", memoryInfo),
  /** A number that no other network namespace has while the system runs; Linux 5.14. */
  NETNS_COOKIE: readOnly("SO_NETNS_COOKIE", uint64),
  /** Sends packets whose last four bytes are the frame check sequence, on a packet socket. */
  NOFCS: option("SO_NOFCS", flag),
  /**
   * No SIGPIPE, by whatever call; set on every socket that is made here on macOS; macOS and
   * FreeBSD.
   */
  NOSIGPIPE: option("SO_NOSIGPIPE", flag),
  /** Sends UDP over IPv4 without a checksum. */
  NO_CHECK: option("SO_NO_CHECK", flag),
  /** How many bytes wait to be received; macOS. */
  NREAD: readOnly("SO_NREAD", int),
  /** How many bytes wait to be sent; macOS. */
  NWRITE: readOnly("SO_NWRITE", int),
  /** Leaves out-of-band data in the stream. */
  OOBINLINE: option("SO_OOBINLINE", flag),
  /**
   * Received messages carry the sender's credentials (SCM_CREDENTIALS); unix and netlink sockets.
   */
  PASSCRED: option("SO_PASSCRED", flag),
  /**
   * Received messages carry a descriptor of the sender's process (SCM_PIDFD); unix sockets; Linux
   * 6.5.
   */
  PASSPIDFD: option("SO_PASSPIDFD", flag),
  /**
   * Received messages may carry descriptors (SCM_RIGHTS), as they do by default; unix sockets;
   * Linux 6.16.
   */
  PASSRIGHTS: option("SO_PASSRIGHTS", flag),
  /**
   * Received messages carry the sender's security label (SCM_SECURITY); unix and netlink sockets.
   */
  PASSSEC: option("SO_PASSSEC", flag),
  /**
   * Where in the queue MSG.PEEK begins and goes on from, in bytes; -1 is always at its front; UDP
   * and TCP from Linux 6.9.
   */
  PEEK_OFF: option("SO_PEEK_OFF", int),
  /** Who made the unix socket's peer, as of connect(), listen() or socketpair(). */
  PEERCRED: readOnly("SO_PEERCRED", credentials),
  /**
   * The supplementary groups of who made the unix socket's peer; NotFound where there is no peer;
   * Linux 4.13.
   */
  PEERGROUPS: readOnly("SO_PEERGROUPS", groups),
  /**
   * A new descriptor of the process that made the unix socket's peer, which the caller must close;
   * Linux 6.5.
   */
  PEERPIDFD: readOnly("SO_PEERPIDFD", descriptor),
  /** The security label of the peer; OptionNotSupported where no security module gives one. */
  PEERSEC: readOnly("SO_PEERSEC", name(SECURITY_LABEL)),
  /**
   * Polls the device rather than wait for its interrupts while the socket is busy; to turn it on
   * takes CAP_NET_ADMIN; Linux 5.11.
   */
  PREFER_BUSY_POLL: option("SO_PREFER_BUSY_POLL", flag),
  /** The priority of packets sent: 0 to 6, or any number with CAP_NET_ADMIN or CAP_NET_RAW. */
  PRIORITY: option("SO_PRIORITY", int),
  /** The protocol: IPPROTO.TCP and so on. */
  PROTOCOL: readOnly("SO_PROTOCOL", int),
  /**
   * The receive buffer in bytes, up to net.core.rmem_max: the kernel doubles it for its own needs,
   * and reads so.
   */
  RCVBUF: option("SO_RCVBUF", intBetween(0, 0x7fffffff)),
  /** The same past net.core.rmem_max; takes CAP_NET_ADMIN. */
  RCVBUFFORCE: writeOnly("SO_RCVBUFFORCE", intBetween(0, 0x7fffffff)),
  /**
   * How many bytes must be there for poll() to say readable, and for a blocking receive to return;
   * 0 acts as 1.
   */
  RCVLOWAT: option("SO_RCVLOWAT", intBetween(0, 0x7fffffff)),
  /**
   * Received messages carry their packet's mark (SO_MARK); takes CAP_NET_RAW or CAP_NET_ADMIN;
   * Linux 5.19.
   */
  RCVMARK: option("SO_RCVMARK", flag),
  /** Received messages carry their packet's priority (SO_PRIORITY); Linux 6.14. */
  RCVPRIORITY: option("SO_RCVPRIORITY", flag),
  /**
   * How long a receive or accept() blocks, in milliseconds with a fraction, rounded up to the
   * kernel's ticks; 0 is for ever.
   */
  RCVTIMEO: option("SO_RCVTIMEO", milliseconds),
  /**
   * How many bytes of memory are set aside for the socket, in pages; needs a memory cgroup; Linux
   * 5.16.
   */
  RESERVE_MEM: option("SO_RESERVE_MEM", intBetween(0, 0x7fffffff)),
  /**
   * Lets bind() take an address whose old connections are in TIME_WAIT, or that other such sockets
   * share. On Windows it takes a port from a live listener; TIME_WAIT hinders nobody there: choose
   * EXCLUSIVEADDRUSE.
   */
  REUSEADDR: option("SO_REUSEADDR", flag),
  /**
   * Lets sockets of one user share an address and port, each with its part of the connections or
   * datagrams.
   */
  REUSEPORT: option("SO_REUSEPORT", flag),
  /**
   * The same as REUSEPORT, and connections are spread over the sockets, which FreeBSD's REUSEPORT
   * does not do; FreeBSD.
   */
  REUSEPORT_LB: option("SO_REUSEPORT_LB", flag),
  /** Received datagrams carry the count of those dropped since the last (SO_RXQ_OVFL). */
  RXQ_OVFL: option("SO_RXQ_OVFL", flag),
  /** Lets poll() say POLL.PRI where the error queue has something. */
  SELECT_ERR_QUEUE: option("SO_SELECT_ERR_QUEUE", flag),
  /**
   * The send buffer in bytes, up to net.core.wmem_max: the kernel doubles it for its own needs, and
   * reads so.
   */
  SNDBUF: option("SO_SNDBUF", intBetween(0, 0x7fffffff)),
  /** The same past net.core.wmem_max; takes CAP_NET_ADMIN. */
  SNDBUFFORCE: writeOnly("SO_SNDBUFFORCE", intBetween(0, 0x7fffffff)),
  /** How many bytes must fit for a send to go on: 1, which Linux does not let change. */
  SNDLOWAT: readOnly("SO_SNDLOWAT", int),
  /**
   * How long a send or connect() blocks, in milliseconds with a fraction, rounded up to the
   * kernel's ticks; 0 is for ever.
   */
  SNDTIMEO: option("SO_SNDTIMEO", milliseconds),
  /**
   * Received messages carry their time of arrival in microseconds (SCM_TIMESTAMP); of TIMESTAMPNS
   * and this one, the last set holds.
   */
  TIMESTAMP: option("SO_TIMESTAMP", flag),
  /**
   * Times of sending and arrival, by software or device: SOF_TIMESTAMPING_ flags of
   * linux/net_tstamp.h, combined with `|`.
   */
  TIMESTAMPING: option("SO_TIMESTAMPING", uint),
  /** Received messages carry their time of arrival in nanoseconds (SCM_TIMESTAMPNS). */
  TIMESTAMPNS: option("SO_TIMESTAMPNS", flag),
  /**
   * Whether a retransmission may choose another path (1) or not (0); set, -1 is what
   * net.core.txrehash says; Linux 5.18.
   */
  TXREHASH: option("SO_TXREHASH", intBetween(-1, 1)),
  /**
   * Sends each message at a time of its own (SCM_TXTIME); other clocks than CLOCK_MONOTONIC take
   * CAP_NET_ADMIN; Linux 4.19.
   */
  TXTIME: option("SO_TXTIME", transmitTime),
  /** The type: SOCK.STREAM and so on. */
  TYPE: readOnly("SO_TYPE", int),
  /** A number that firewall rules can ask for; FreeBSD. */
  USER_COOKIE: writeOnly("SO_USER_COOKIE", uint),
  /**
   * Received messages carry whether a wireless frame that was sent was acknowledged
   * (SCM_WIFI_STATUS).
   */
  WIFI_STATUS: option("SO_WIFI_STATUS", flag),
  /** Lets MSG.ZEROCOPY send from the caller's pages; TCP and UDP. */
  ZEROCOPY: option("SO_ZEROCOPY", flag),
};
