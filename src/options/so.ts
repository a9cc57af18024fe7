import { act, descriptor, flag, int, intBetween, name, rate, uint, uint64 } from "./codecs.ts";
import { asymmetric, option, readOnly, writeOnly } from "./option.ts";
import { pendingError } from "./pending-error.ts";
import { acceptFilter } from "./structures/accept-filter-arg.ts";
import { credentials, groups } from "./structures/credentials.ts";
import { dmabufTokens } from "./structures/dmabuf-tokens.ts";
import { interfaceInt } from "./structures/interface-number.ts";
import { linger } from "./structures/linger.ts";
import { memoryInfo } from "./structures/meminfo.ts";
import { milliseconds } from "./structures/timeval.ts";
import { transmitTime } from "./structures/txtime.ts";

/** IFNAMSIZ less the NUL (include/uapi/linux/if.h). */
const INTERFACE_NAME = 15;
/** Longer than any label in use; for a longer one the kernel returns ERANGE and its length. */
const SECURITY_LABEL = 255;

/**
 * Options of SOL_SOCKET (socket(7)), under their C names. SO_ATTACH_FILTER,
 * SO_ATTACH_REUSEPORT_CBPF and SO_GET_FILTER carry pointers and are omitted; for SO_PEERNAME, use
 * getpeername().
 */
export const SO = {
  /** Whether the socket is listening. */
  ACCEPTCONN: readOnly("SO_ACCEPTCONN", flag),
  /**
   * Delays accept() until a connection passes the filter; set on a listener; FreeBSD
   * (accept_filter(9)).
   */
  ACCEPTFILTER: option("SO_ACCEPTFILTER", acceptFilter),
  /**
   * Filters incoming packets with the eBPF program of this descriptor, of type
   * BPF_PROG_TYPE_SOCKET_FILTER; Linux 3.19.
   */
  ATTACH_BPF: writeOnly("SO_ATTACH_BPF", descriptor),
  /**
   * Lets the eBPF program of this descriptor choose among sockets sharing a port with REUSEPORT;
   * Linux 4.5.
   */
  ATTACH_REUSEPORT_EBPF: writeOnly("SO_ATTACH_REUSEPORT_EBPF", descriptor),
  /**
   * The network interface that the socket is bound to, or `""`; changing it needs CAP_NET_RAW.
   */
  BINDTODEVICE: option("SO_BINDTODEVICE", name(INTERFACE_NAME)),
  /** The interface that the socket is bound to, set by index or name; 0 is none; Linux 5.0. */
  BINDTOIFINDEX: asymmetric("SO_BINDTOIFINDEX", interfaceInt, interfaceInt),
  /** The number of ancillary loads available to a classic BPF filter: SKF_AD_MAX. */
  BPF_EXTENSIONS: readOnly("SO_BPF_EXTENSIONS", int),
  /** Allows sending datagrams to a broadcast address. */
  BROADCAST: option("SO_BROADCAST", flag),
  /**
   * Keeps the kernel from resizing the send buffer (1), the receive buffer (2) or both (3); Linux
   * 5.14.
   */
  BUF_LOCK: option("SO_BUF_LOCK", intBetween(0, 3)),
  /**
   * How many microseconds a blocking receive or poll() first busy-polls the device; raising it
   * needs CAP_NET_ADMIN.
   */
  BUSY_POLL: option("SO_BUSY_POLL", intBetween(0, 0x7fffffff)),
  /**
   * The number of packets per busy poll, 0 to 65535; raising it needs CAP_NET_ADMIN; Linux 5.11.
   */
  BUSY_POLL_BUDGET: writeOnly("SO_BUSY_POLL_BUDGET", intBetween(0, 0xffff)),
  /**
   * Advises the kernel that the path to the peer performs badly, so that it looks for another
   * route; Linux 4.6.
   */
  CNX_ADVICE: writeOnly("SO_CNX_ADVICE", act),
  /** Windows: completes the handshake only when a connection is accepted; set before listen(). */
  CONDITIONAL_ACCEPT: option("SO_CONDITIONAL_ACCEPT", flag),
  /** A number unique to the socket until the system reboots; Linux 4.12. */
  COOKIE: readOnly("SO_COOKIE", uint64),
  /** Records debugging information; turning it on needs CAP_NET_ADMIN. */
  DEBUG: option("SO_DEBUG", flag),
  /** Removes the filter of ATTACH_BPF; the same as DETACH_FILTER. */
  DETACH_BPF: writeOnly("SO_DETACH_BPF", act),
  /** Removes the filter, of either kind; NotFound if there is none. */
  DETACH_FILTER: writeOnly("SO_DETACH_FILTER", act),
  /** Removes the program that chooses among the sockets of a port; Linux 5.3. */
  DETACH_REUSEPORT_BPF: writeOnly("SO_DETACH_REUSEPORT_BPF", act),
  /**
   * Returns device memory buffers received over TCP, 1 to 128 runs at a time; Linux 6.12.
   */
  DEVMEM_DONTNEED: writeOnly("SO_DEVMEM_DONTNEED", dmabufTokens),
  /** The address family: AF.INET and so on. */
  DOMAIN: readOnly("SO_DOMAIN", int),
  /** Sends only to hosts on directly connected networks. */
  DONTROUTE: option("SO_DONTROUTE", flag),
  /** The pending error, or null. Reading it clears it. */
  ERROR: readOnly("SO_ERROR", pendingError),
  /**
   * Windows: keeps other sockets from binding to the port, whatever options they set. For a server,
   * set this before bind() and never set REUSEADDR, with which another program could hijack the
   * port. Other systems do not have or need it.
   */
  EXCLUSIVEADDRUSE: option("SO_EXCLUSIVEADDRUSE", flag),
  /**
   * Reads the CPU that handled the last packet; sets the CPU for which REUSEPORT prefers this
   * socket; -1 is none.
   */
  INCOMING_CPU: option("SO_INCOMING_CPU", int),
  /** The NAPI id of the device queue that received the last packet; 0 is none; Linux 4.12. */
  INCOMING_NAPI_ID: readOnly("SO_INCOMING_NAPI_ID", uint),
  /** Received messages of a unix stream carry how many bytes are left (SCM_INQ); Linux 6.17. */
  INQ: writeOnly("SO_INQ", flag),
  /**
   * Probes an idle connection, and ends it if the peer does not answer (TCP.KEEPIDLE, KEEPINTVL,
   * KEEPCNT).
   */
  KEEPALIVE: option("SO_KEEPALIVE", flag),
  /** How close() handles unsent data. */
  LINGER: option("SO_LINGER", linger),
  /** The number of half-open connections of a listener; FreeBSD. */
  LISTENINCQLEN: readOnly("SO_LISTENINCQLEN", int),
  /**
   * The number of connections pending in a listener's accept queue; FreeBSD. `acceptQueue()` is the
   * portable call.
   */
  LISTENQLEN: readOnly("SO_LISTENQLEN", int),
  /** The backlog in effect; FreeBSD. */
  LISTENQLIMIT: readOnly("SO_LISTENQLIMIT", int),
  /** Locks the filter permanently: unlocking fails with PermissionDenied. */
  LOCK_FILTER: option("SO_LOCK_FILTER", flag),
  /**
   * The mark of sent packets, for routing and firewall rules; needs CAP_NET_ADMIN, or CAP_NET_RAW
   * since Linux 5.17.
   */
  MARK: option("SO_MARK", uint),
  /** The maximum send rate in bytes per second, 0 to 2^53 - 1; Infinity is unlimited. */
  MAX_PACING_RATE: option("SO_MAX_PACING_RATE", rate),
  /** The memory used by the socket's queues; Linux 4.12. */
  MEMINFO: readOnly("SO_MEMINFO", memoryInfo),
  /** A number unique to the network namespace until the system reboots; Linux 5.14. */
  NETNS_COOKIE: readOnly("SO_NETNS_COOKIE", uint64),
  /** Sends packets whose last four bytes are the frame check sequence, on a packet socket. */
  NOFCS: option("SO_NOFCS", flag),
  /**
   * Suppresses SIGPIPE for every call; macOS and FreeBSD. berkeley sets it on every socket it
   * creates on macOS.
   */
  NOSIGPIPE: option("SO_NOSIGPIPE", flag),
  /** Sends UDP over IPv4 without a checksum. */
  NO_CHECK: option("SO_NO_CHECK", flag),
  /** The number of bytes in the receive buffer; macOS. */
  NREAD: readOnly("SO_NREAD", int),
  /** The number of unsent bytes in the send buffer; macOS. */
  NWRITE: readOnly("SO_NWRITE", int),
  /** Keeps out-of-band data in the normal stream. */
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
   * The byte offset in the queue where the next MSG.PEEK starts; each peek advances it. -1 always
   * peeks at the front; UDP and TCP since Linux 6.9.
   */
  PEEK_OFF: option("SO_PEEK_OFF", int),
  /** The credentials of the unix socket's peer, as of connect(), listen() or socketpair(). */
  PEERCRED: readOnly("SO_PEERCRED", credentials),
  /**
   * The supplementary groups of the unix socket's peer; NotFound if there is no peer; Linux 4.13.
   */
  PEERGROUPS: readOnly("SO_PEERGROUPS", groups),
  /**
   * A new pidfd of the process that created the unix socket's peer; the caller must close it; Linux
   * 6.5.
   */
  PEERPIDFD: readOnly("SO_PEERPIDFD", descriptor),
  /** The security label of the peer; OptionNotSupported if no security module provides one. */
  PEERSEC: readOnly("SO_PEERSEC", name(SECURITY_LABEL)),
  /**
   * Prefers busy polling over device interrupts while the socket is busy; turning it on needs
   * CAP_NET_ADMIN; Linux 5.11.
   */
  PREFER_BUSY_POLL: option("SO_PREFER_BUSY_POLL", flag),
  /** The priority of sent packets: 0 to 6, or any number with CAP_NET_ADMIN or CAP_NET_RAW. */
  PRIORITY: option("SO_PRIORITY", int),
  /** The protocol: IPPROTO.TCP and so on. */
  PROTOCOL: readOnly("SO_PROTOCOL", int),
  /**
   * The receive buffer size in bytes, up to net.core.rmem_max. The kernel doubles it for its own
   * overhead, and reads the doubled value.
   */
  RCVBUF: option("SO_RCVBUF", intBetween(0, 0x7fffffff)),
  /** RCVBUF without the net.core.rmem_max limit; needs CAP_NET_ADMIN. */
  RCVBUFFORCE: writeOnly("SO_RCVBUFFORCE", intBetween(0, 0x7fffffff)),
  /**
   * The number of bytes required for poll() to report readable and for a blocking receive to
   * return; 0 acts as 1.
   */
  RCVLOWAT: option("SO_RCVLOWAT", intBetween(0, 0x7fffffff)),
  /**
   * Received messages carry their packet's mark (SO_MARK); needs CAP_NET_RAW or CAP_NET_ADMIN;
   * Linux 5.19.
   */
  RCVMARK: option("SO_RCVMARK", flag),
  /** Received messages carry their packet's priority (SO_PRIORITY); Linux 6.14. */
  RCVPRIORITY: option("SO_RCVPRIORITY", flag),
  /**
   * The timeout of receives and accept() in milliseconds, fractions allowed, rounded up to the
   * kernel's ticks; 0 is none.
   */
  RCVTIMEO: option("SO_RCVTIMEO", milliseconds),
  /**
   * The bytes of memory reserved for the socket, in whole pages; needs a memory cgroup; Linux 5.16.
   */
  RESERVE_MEM: option("SO_RESERVE_MEM", intBetween(0, 0x7fffffff)),
  /**
   * Lets bind() reuse an address with old connections in TIME_WAIT, or shared with other REUSEADDR
   * sockets. On Windows it would take the port from a live listener, and TIME_WAIT does not block
   * bind() anyway: use EXCLUSIVEADDRUSE there.
   */
  REUSEADDR: option("SO_REUSEADDR", flag),
  /**
   * Lets sockets of one user share an address and port; each gets a share of the connections or
   * datagrams.
   */
  REUSEPORT: option("SO_REUSEPORT", flag),
  /**
   * REUSEPORT with load balancing, which FreeBSD's REUSEPORT lacks; FreeBSD.
   */
  REUSEPORT_LB: option("SO_REUSEPORT_LB", flag),
  /**
   * Received messages carry the number of messages dropped since the socket was created
   * (SO_RXQ_OVFL).
   */
  RXQ_OVFL: option("SO_RXQ_OVFL", flag),
  /** Makes poll() report POLL.PRI when the error queue is not empty. */
  SELECT_ERR_QUEUE: option("SO_SELECT_ERR_QUEUE", flag),
  /** The routing table that the socket uses; FreeBSD. */
  SETFIB: writeOnly("SO_SETFIB", intBetween(0, 65535)),
  /**
   * The send buffer size in bytes, up to net.core.wmem_max. The kernel doubles it for its own
   * overhead, and reads the doubled value.
   */
  SNDBUF: option("SO_SNDBUF", intBetween(0, 0x7fffffff)),
  /** SNDBUF without the net.core.wmem_max limit; needs CAP_NET_ADMIN. */
  SNDBUFFORCE: writeOnly("SO_SNDBUFFORCE", intBetween(0, 0x7fffffff)),
  /** The free space in bytes required for a send to proceed: 1, fixed on Linux. */
  SNDLOWAT: readOnly("SO_SNDLOWAT", int),
  /**
   * The timeout of sends and connect() in milliseconds, fractions allowed, rounded up to the
   * kernel's ticks; 0 is none.
   */
  SNDTIMEO: option("SO_SNDTIMEO", milliseconds),
  /**
   * Received messages carry their arrival time in microseconds (SCM_TIMESTAMP). Of TIMESTAMP and
   * TIMESTAMPNS, the last one set wins.
   */
  TIMESTAMP: option("SO_TIMESTAMP", flag),
  /**
   * Send and receive timestamps, by software or hardware: SOF_TIMESTAMPING_ flags of
   * linux/net_tstamp.h, combined with `|`.
   */
  TIMESTAMPING: option("SO_TIMESTAMPING", uint),
  /** Received messages carry their arrival time in nanoseconds (SCM_TIMESTAMPNS). */
  TIMESTAMPNS: option("SO_TIMESTAMPNS", flag),
  /**
   * Whether a retransmission may pick another path (1) or not (0); setting -1 uses
   * net.core.txrehash; Linux 5.18.
   */
  TXREHASH: option("SO_TXREHASH", intBetween(-1, 1)),
  /**
   * Sends each message at its own scheduled time (SCM_TXTIME); clocks other than CLOCK_MONOTONIC
   * need CAP_NET_ADMIN; Linux 4.19.
   */
  TXTIME: option("SO_TXTIME", transmitTime),
  /** The type: SOCK.STREAM and so on. */
  TYPE: readOnly("SO_TYPE", int),
  /** Routing sockets also receive what they send; macOS and FreeBSD. True by default. */
  USELOOPBACK: option("SO_USELOOPBACK", flag),
  /** A number that firewall rules can match; FreeBSD. */
  USER_COOKIE: writeOnly("SO_USER_COOKIE", uint),
  /**
   * Received messages report whether a sent wireless frame was acknowledged (SCM_WIFI_STATUS).
   */
  WIFI_STATUS: option("SO_WIFI_STATUS", flag),
  /** Enables MSG.ZEROCOPY, which sends from the caller's pages; TCP and UDP. */
  ZEROCOPY: option("SO_ZEROCOPY", flag),
};
