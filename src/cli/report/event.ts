import type { QueueLimit } from "../../diagnose/watch-queue.ts";

/**
 * What `berkeley listen` tells, in this order: `listening` once, then any number of the others,
 * `summary` last. With --json each is one line, with these fields and `time` (ISO 8601, UTC);
 * fields are added, never renamed or removed.
 */
export type ListenEvent =
  | ListeningEvent
  | ConnectionEvent
  | CloseEvent
  | QueueEvent
  | DropEvent
  | ErrorEvent
  | SummaryEvent;

/** The listener is open. */
export interface ListeningEvent {
  readonly event: "listening";
  /**
   * Every address it listens on, such as `127.0.0.1:3000`, `[::1]:3000` or a path. `localhost` has
   * two. The fields below describe the first.
   */
  readonly addresses: readonly string[];
  readonly family: "ipv4" | "ipv6" | "unix";
  /**
   * The IP address, of a link-local one with the number of its interface, `fe80::1%2`; null for a
   * unix socket.
   */
  readonly address: string | null;
  /** The port; null for a unix socket. */
  readonly port: number | null;
  /** The path of the unix socket, `@name` in the abstract namespace; null for others. */
  readonly path: string | null;
  readonly respond: "echo" | "discard" | "http";
  /** The backlog that was asked for. */
  readonly backlog: number;
  /** The backlog that the system granted; null where it does not tell. */
  readonly granted: number | null;
  /** net.core.somaxconn, which caps the backlog; null where there is none. */
  readonly somaxconn: number | null;
  /**
   * How many connections may wait to be accepted: one more than the backlog on Linux; null on other
   * systems.
   */
  readonly capacity: number | null;
  readonly pid: number;
}

/** A connection was accepted. */
export interface ConnectionEvent {
  readonly event: "connection";
  /** 1 for the first, and so on. */
  readonly id: number;
  /** The peer's address, such as `127.0.0.1:51234`. */
  readonly peer: string;
  /** How many connections are open now. */
  readonly open: number;
}

/** A connection ended. */
export interface CloseEvent {
  readonly event: "close";
  readonly id: number;
  readonly peer: string;
  /** Bytes from the peer. */
  readonly received: number;
  /** Bytes to the peer. */
  readonly sent: number;
  readonly milliseconds: number;
  /** The name of the error that ended it, such as `ConnectionResetByPeer`; null if none did. */
  readonly error: string | null;
  readonly open: number;
}

/** The depth of the accept queue is another than when it was last looked at. */
export interface QueueEvent {
  readonly event: "queue";
  /** Connections that wait to be accepted. */
  readonly pending: number;
  /** The backlog in force. */
  readonly limit: number;
}

/**
 * The kernel has dropped connection attempts at this listener: their clients are told nothing, and
 * try again.
 */
export interface DropEvent {
  readonly event: "drop";
  /**
   * SYNs and last steps of handshakes that were dropped since the last such event; a client that
   * tries again counts again.
   */
  readonly dropped: number;
  /** The same since it listens, as the kernel counts them for this socket (sk_drops). */
  readonly total: number;
  /** Connections that wait to be accepted, now. */
  readonly pending: number;
  /** The backlog in force. */
  readonly limit: number;
  /**
   * Which limit is to blame. Unlike the count it is inferred, from counters of the whole network
   * namespace.
   */
  readonly reason: QueueLimit;
  readonly message: string;
}

/** Something failed, and the listener goes on. */
export interface ErrorEvent {
  readonly event: "error";
  /** The name of the error, such as `ProcessFdQuotaExceeded`. */
  readonly name: string;
  /** Its C name, such as `EMFILE`. */
  readonly code: string;
  readonly message: string;
}

/** The end. */
export interface SummaryEvent {
  readonly event: "summary";
  /** The signal that ended it: `SIGINT` or `SIGTERM`. */
  readonly signal: string | null;
  /** Connections that were accepted. */
  readonly connections: number;
  /** Those of them that ended with an error. */
  readonly failed: number;
  /** Those that were still open, and were closed. */
  readonly interrupted: number;
  /** Connections that still waited in the accept queue, and were never accepted. */
  readonly refused: number;
  readonly received: number;
  readonly sent: number;
  /** The most connections that were seen in the accept queue. */
  readonly deepestQueue: number;
  /**
   * Connection attempts that the kernel dropped at this listener; null where it does not count
   * them.
   */
  readonly dropped: number | null;
  readonly milliseconds: number;
}

/** Tells events to the user. */
export interface Report {
  tell(event: ListenEvent): void;
  /** Nothing more follows. */
  end(): void;
}
