import { bytes, flag, int, intBetween, name, uint } from "./codecs.ts";
import { option, readOnly, writeOnly } from "./option.ts";
import { fastOpenKeys } from "./structures/tcp-fastopen-key.ts";
import { tcpInfo } from "./structures/tcp-info.ts";
import { tcpMd5Signature, tcpMd5SignatureExtended } from "./structures/tcp-md5sig.ts";
import { tcpRepairOptions, tcpRepairWindow } from "./structures/tcp-repair.ts";

/** TCP_CA_NAME_MAX and TCP_ULP_NAME_MAX less the NUL (include/net/tcp.h). */
const MODULE_NAME = 15;
/** union tcp_cc_info is 20 bytes in Linux 6.18; there is room for more. */
const CC_INFO = 64;
/** Longer than the headers of any SYN: IPv6's may be long. */
const SAVED_SYN = 4096;

/**
 * Options of IPPROTO_TCP (tcp(7)), under their C names. TCP_ZEROCOPY_RECEIVE carries a pointer, and
 * is not here; nor are the TCP_AO_ options yet, which rawOption() reaches.
 */
export const TCP = {
  /**
   * What the congestion control keeps, in bytes of its own (union tcp_cc_info); none where it keeps
   * nothing; Linux 4.1.
   */
  CC_INFO: readOnly("TCP_CC_INFO", bytes(CC_INFO)),
  /**
   * The congestion control by name; one that is not in net.ipv4.tcp_allowed_congestion_control
   * takes CAP_NET_ADMIN.
   */
  CONGESTION: option("TCP_CONGESTION", name(MODULE_NAME)),
  /** How many seconds connect() tries; 0 is the system's time; macOS. */
  CONNECTIONTIMEOUT: option("TCP_CONNECTIONTIMEOUT", intBetween(0, 0x7fffffff)),
  /**
   * Holds back segments that are not full, for 200 milliseconds at most, until it is turned off.
   */
  CORK: option("TCP_CORK", flag),
  /**
   * A listener wakes for data, not for connections: for how many seconds, rounded up to the
   * SYN-ACK's time-outs; 0 is off.
   */
  DEFER_ACCEPT: option("TCP_DEFER_ACCEPT", intBetween(0, 0x7fffffff)),
  /** How long an acknowledgement may be held back, in microseconds, up to 200000; Linux 6.15. */
  DELACK_MAX_US: option("TCP_DELACK_MAX_US", intBetween(0, 0x7fffffff)),
  /**
   * Lets a listener take data with the SYN (RFC 7413), for this many connections that are not
   * complete; 0 is off.
   */
  FASTOPEN: option("TCP_FASTOPEN", intBetween(0, 0x7fffffff)),
  /**
   * Lets connect() wait for the first send, and go with it where the peer's cookie is known; Linux
   * 4.11.
   */
  FASTOPEN_CONNECT: option("TCP_FASTOPEN_CONNECT", flag),
  /** The keys of Fast Open cookies: one of 16 bytes, or that and the one before it; Linux 4.15. */
  FASTOPEN_KEY: option("TCP_FASTOPEN_KEY", fastOpenKeys),
  /** Takes and sends data with the SYN without a cookie; Linux 4.15. */
  FASTOPEN_NO_COOKIE: option("TCP_FASTOPEN_NO_COOKIE", flag),
  /** What the kernel knows of the connection. */
  INFO: readOnly("TCP_INFO", tcpInfo),
  /** Received data carries how many bytes are left in the queue (TCP_CM_INQ); Linux 4.18. */
  INQ: option("TCP_INQ", flag),
  /** Whether the socket speaks Multipath TCP; Linux 6.7. */
  IS_MPTCP: readOnly("TCP_IS_MPTCP", flag),
  /** How many probes go unanswered before an idle connection ends: 1 to 127. */
  KEEPCNT: option("TCP_KEEPCNT", intBetween(1, 127)),
  /** How many seconds a connection is idle before it is probed (SO.KEEPALIVE): 1 to 32767. */
  KEEPIDLE: option("TCP_KEEPIDLE", intBetween(1, 32767)),
  /** How many seconds lie between two probes: 1 to 32767. */
  KEEPINTVL: option("TCP_KEEPINTVL", intBetween(1, 32767)),
  /**
   * How many seconds a closed socket waits for the peer's end (FIN_WAIT2), up to 120; below 0 not
   * at all; 0 is the system's time.
   */
  LINGER2: option("TCP_LINGER2", int),
  /** The largest segment in bytes, 88 to 32767, or 0 for the path's own. */
  MAXSEG: option("TCP_MAXSEG", intBetween(0, 32767)),
  /** Signs the segments from and to a peer (RFC 2385); an empty key ends it. */
  MD5SIG: writeOnly("TCP_MD5SIG", tcpMd5Signature),
  /** The same for a network of peers, or behind one interface; Linux 4.14. */
  MD5SIG_EXT: writeOnly("TCP_MD5SIG_EXT", tcpMd5SignatureExtended),
  /** Sends small segments at once, without waiting for acknowledgements (Nagle's algorithm). */
  NODELAY: option("TCP_NODELAY", flag),
  /**
   * Holds back segments that are not full until it is turned off, as CORK does on Linux; macOS and
   * FreeBSD.
   */
  NOPUSH: option("TCP_NOPUSH", flag),
  /**
   * Below how many bytes that are not sent poll() says writable; 0 is net.ipv4.tcp_notsent_lowat.
   */
  NOTSENT_LOWAT: option("TCP_NOTSENT_LOWAT", uint),
  /**
   * The sequence number at the end of the queue that REPAIR_QUEUE chose; set only while the socket
   * is closed, and repaired.
   */
  QUEUE_SEQ: option("TCP_QUEUE_SEQ", uint),
  /** Acknowledges at once; the kernel may go back to delayed acknowledgements by itself. */
  QUICKACK: option("TCP_QUICKACK", flag),
  /**
   * Puts the socket under repair (1), to save or restore a connection; 0 ends it, -1 without a
   * window probe; takes CAP_NET_ADMIN.
   */
  REPAIR: option("TCP_REPAIR", intBetween(-1, 1)),
  /** What was negotiated, for an established connection under repair; at most 16. */
  REPAIR_OPTIONS: writeOnly("TCP_REPAIR_OPTIONS", tcpRepairOptions),
  /**
   * The queue that sends, receives and QUEUE_SEQ reach under repair: 0 none, 1 received, 2 sent.
   */
  REPAIR_QUEUE: option("TCP_REPAIR_QUEUE", intBetween(0, 2)),
  /** The windows, of a connection under repair; Linux 4.8. */
  REPAIR_WINDOW: option("TCP_REPAIR_WINDOW", tcpRepairWindow),
  /** The longest retransmission time-out in milliseconds, 1000 to 120000; Linux 6.15. */
  RTO_MAX_MS: option("TCP_RTO_MAX_MS", intBetween(1000, 120_000)),
  /**
   * The shortest retransmission time-out in microseconds, up to 200000, rounded up to the kernel's
   * ticks; Linux 6.15.
   */
  RTO_MIN_US: option("TCP_RTO_MIN_US", intBetween(0, 0x7fffffff)),
  /** The headers of the SYN that SAVE_SYN kept, once: then none; Linux 4.2. */
  SAVED_SYN: readOnly("TCP_SAVED_SYN", bytes(SAVED_SYN)),
  /**
   * Whether a listener keeps each connection's SYN: 0 no, 1 its IP and TCP headers, 2 its link
   * header too; Linux 4.2.
   */
  SAVE_SYN: option("TCP_SAVE_SYN", intBetween(0, 2)),
  /** How often a SYN is sent again before connect() fails: 1 to 127. */
  SYNCNT: option("TCP_SYNCNT", intBetween(1, 127)),
  /** Does nothing since Linux 4.16, and reads false. */
  THIN_DUPACK: option("TCP_THIN_DUPACK", flag),
  /** Keeps the retransmission time-out from doubling, six times, where little is in flight. */
  THIN_LINEAR_TIMEOUTS: option("TCP_THIN_LINEAR_TIMEOUTS", flag),
  /** The clock of TCP timestamps, in milliseconds; set only under repair. */
  TIMESTAMP: option("TCP_TIMESTAMP", uint),
  /** Delays what is sent, in microseconds, to act as a longer path; Linux 5.3. */
  TX_DELAY: option("TCP_TX_DELAY", intBetween(0, 0x7fffffff)),
  /** The protocol on top, such as `"tls"`, or `""`; set once, on a connection; Linux 4.13. */
  ULP: option("TCP_ULP", name(MODULE_NAME)),
  /**
   * How many milliseconds data may go unacknowledged before the connection ends; 0 is the system's
   * time.
   */
  USER_TIMEOUT: option("TCP_USER_TIMEOUT", intBetween(0, 0x7fffffff)),
  /** The largest window offered, in bytes; 0, only while the socket is closed, is none. */
  WINDOW_CLAMP: option("TCP_WINDOW_CLAMP", intBetween(0, 0x7fffffff)),
};
