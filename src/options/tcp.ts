import { bytes, flag, int, intBetween, name, uint } from "./codecs.ts";
import { option, readOnly, writeOnly } from "./option.ts";
import { fastOpenKeys } from "./structures/tcp-fastopen-key.ts";
import { tcpInfo } from "./structures/tcp-info.ts";
import { tcpMd5Signature, tcpMd5SignatureExtended } from "./structures/tcp-md5sig.ts";
import { tcpRepairOptions, tcpRepairWindow } from "./structures/tcp-repair.ts";

/** TCP_CA_NAME_MAX and TCP_ULP_NAME_MAX less the NUL (include/net/tcp.h). */
const MODULE_NAME = 15;
/** union tcp_cc_info is 20 bytes in Linux 6.18; this leaves space for more. */
const CC_INFO = 64;
/** Longer than the headers of any SYN; IPv6 ones may be long. */
const SAVED_SYN = 4096;

/**
 * Options of IPPROTO_TCP (tcp(7)), under their C names. TCP_ZEROCOPY_RECEIVE carries a pointer and
 * is omitted. The TCP_AO_ options are not here yet; use rawOption().
 */
export const TCP = {
  /**
   * State of the congestion control algorithm as raw bytes (union tcp_cc_info); empty if it has
   * none; Linux 4.1.
   */
  CC_INFO: readOnly("TCP_CC_INFO", bytes(CC_INFO)),
  /**
   * The congestion control algorithm by name; one not in net.ipv4.tcp_allowed_congestion_control
   * needs CAP_NET_ADMIN.
   */
  CONGESTION: option("TCP_CONGESTION", name(MODULE_NAME)),
  /** The connect() timeout in seconds; 0 is the system default; macOS. */
  CONNECTIONTIMEOUT: option("TCP_CONNECTIONTIMEOUT", intBetween(0, 0x7fffffff)),
  /**
   * Holds back partial segments, for at most 200 milliseconds, until turned off.
   */
  CORK: option("TCP_CORK", flag),
  /**
   * Wakes a listener only when data arrives, waiting at most this many seconds, rounded up to the
   * SYN-ACK timeouts; 0 is off.
   */
  DEFER_ACCEPT: option("TCP_DEFER_ACCEPT", intBetween(0, 0x7fffffff)),
  /** The longest delay of an acknowledgement, in microseconds, up to 200000; Linux 6.15. */
  DELACK_MAX_US: option("TCP_DELACK_MAX_US", intBetween(0, 0x7fffffff)),
  /**
   * Lets a listener accept data in the SYN (RFC 7413), for up to this many half-open connections; 0
   * is off.
   */
  FASTOPEN: option("TCP_FASTOPEN", intBetween(0, 0x7fffffff)),
  /**
   * Defers connect() to the first send, which carries data in the SYN if the peer's cookie is
   * known; Linux 4.11.
   */
  FASTOPEN_CONNECT: option("TCP_FASTOPEN_CONNECT", flag),
  /**
   * The Fast Open cookie keys of 16 bytes: the current one, optionally with the previous one; Linux
   * 4.15.
   */
  FASTOPEN_KEY: option("TCP_FASTOPEN_KEY", fastOpenKeys),
  /** Sends and accepts data in the SYN without a cookie; Linux 4.15. */
  FASTOPEN_NO_COOKIE: option("TCP_FASTOPEN_NO_COOKIE", flag),
  /** The kernel's state of the connection. */
  INFO: readOnly("TCP_INFO", tcpInfo),
  /** Reports the bytes left in the receive queue with received data (TCP_CM_INQ); Linux 4.18. */
  INQ: option("TCP_INQ", flag),
  /** Whether the socket uses Multipath TCP; Linux 6.7. */
  IS_MPTCP: readOnly("TCP_IS_MPTCP", flag),
  /** The number of unanswered keepalive probes that ends a connection: 1 to 127. */
  KEEPCNT: option("TCP_KEEPCNT", intBetween(1, 127)),
  /** The idle time in seconds before keepalive probes start (SO.KEEPALIVE): 1 to 32767. */
  KEEPIDLE: option("TCP_KEEPIDLE", intBetween(1, 32767)),
  /** The seconds between keepalive probes: 1 to 32767. */
  KEEPINTVL: option("TCP_KEEPINTVL", intBetween(1, 32767)),
  /**
   * How many seconds a closed socket waits for the peer's FIN (FIN_WAIT2), up to 120; a negative
   * value does not wait; 0 is the system default.
   */
  LINGER2: option("TCP_LINGER2", int),
  /** The maximum segment size in bytes, 88 to 32767, or 0 to follow the path. */
  MAXSEG: option("TCP_MAXSEG", intBetween(0, 32767)),
  /** Signs segments exchanged with a peer (RFC 2385); an empty key turns it off. */
  MD5SIG: writeOnly("TCP_MD5SIG", tcpMd5Signature),
  /** MD5SIG for a network of peers, or for those behind one interface; Linux 4.14. */
  MD5SIG_EXT: writeOnly("TCP_MD5SIG_EXT", tcpMd5SignatureExtended),
  /** Sends small segments immediately: disables Nagle's algorithm. */
  NODELAY: option("TCP_NODELAY", flag),
  /**
   * Holds back partial segments until turned off, like CORK on Linux; macOS and FreeBSD.
   */
  NOPUSH: option("TCP_NOPUSH", flag),
  /**
   * poll() reports writable below this many unsent bytes; 0 is net.ipv4.tcp_notsent_lowat.
   */
  NOTSENT_LOWAT: option("TCP_NOTSENT_LOWAT", uint),
  /**
   * The sequence number at the end of the queue selected by REPAIR_QUEUE; can be set only on a
   * closed socket under repair.
   */
  QUEUE_SEQ: option("TCP_QUEUE_SEQ", uint),
  /** Acknowledges immediately; the kernel may return to delayed acknowledgements on its own. */
  QUICKACK: option("TCP_QUICKACK", flag),
  /**
   * Puts the socket under repair (1), to save or restore a connection; 0 ends repair, -1 without a
   * window probe; needs CAP_NET_ADMIN.
   */
  REPAIR: option("TCP_REPAIR", intBetween(-1, 1)),
  /** The negotiated options of an established connection under repair; at most 16. */
  REPAIR_OPTIONS: writeOnly("TCP_REPAIR_OPTIONS", tcpRepairOptions),
  /**
   * The queue used by sends, receives and QUEUE_SEQ under repair: 0 none, 1 receive, 2 send.
   */
  REPAIR_QUEUE: option("TCP_REPAIR_QUEUE", intBetween(0, 2)),
  /** The windows of a connection under repair; Linux 4.8. */
  REPAIR_WINDOW: option("TCP_REPAIR_WINDOW", tcpRepairWindow),
  /** The maximum retransmission timeout in milliseconds, 1000 to 120000; Linux 6.15. */
  RTO_MAX_MS: option("TCP_RTO_MAX_MS", intBetween(1000, 120_000)),
  /**
   * The minimum retransmission timeout in microseconds, up to 200000, rounded up to the kernel's
   * ticks; Linux 6.15.
   */
  RTO_MIN_US: option("TCP_RTO_MIN_US", intBetween(0, 0x7fffffff)),
  /**
   * The SYN headers saved by SAVE_SYN. The first read consumes them; later ones are empty; Linux
   * 4.2.
   */
  SAVED_SYN: readOnly("TCP_SAVED_SYN", bytes(SAVED_SYN)),
  /**
   * Whether a listener saves each connection's SYN: 0 no, 1 the IP and TCP headers, 2 the link
   * header too; Linux 4.2.
   */
  SAVE_SYN: option("TCP_SAVE_SYN", intBetween(0, 2)),
  /** The number of SYN retransmissions before connect() fails: 1 to 127. */
  SYNCNT: option("TCP_SYNCNT", intBetween(1, 127)),
  /** No effect since Linux 4.16; reads false. */
  THIN_DUPACK: option("TCP_THIN_DUPACK", flag),
  /** With little data in flight, skips the first six doublings of the retransmission timeout. */
  THIN_LINEAR_TIMEOUTS: option("TCP_THIN_LINEAR_TIMEOUTS", flag),
  /** The TCP timestamp clock in milliseconds; can be set only under repair. */
  TIMESTAMP: option("TCP_TIMESTAMP", uint),
  /** Delays sent data by this many microseconds, to simulate a longer path; Linux 5.3. */
  TX_DELAY: option("TCP_TX_DELAY", intBetween(0, 0x7fffffff)),
  /**
   * The upper-layer protocol, such as `"tls"`, or `""`; can be set once, on a connection; Linux
   * 4.13.
   */
  ULP: option("TCP_ULP", name(MODULE_NAME)),
  /**
   * How many milliseconds data may go unacknowledged before the connection ends; 0 is the system
   * default.
   */
  USER_TIMEOUT: option("TCP_USER_TIMEOUT", intBetween(0, 0x7fffffff)),
  /** The maximum advertised window in bytes; 0, allowed only on a closed socket, is no limit. */
  WINDOW_CLAMP: option("TCP_WINDOW_CLAMP", intBetween(0, 0x7fffffff)),
};
