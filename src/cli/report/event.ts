import type { QueueLimit } from "../../diagnose/watch-queue.ts";

/**
 * The events of `berkeley listen`: `listening` first, then any number of the others, `summary`
 * last. With --json each is one line, with these fields and `time` (ISO 8601, UTC). Fields may be
 * added, but are never renamed or removed.
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
   * Every address that it listens on, such as `127.0.0.1:3000`, `[::1]:3000` or a path; two for
   * `localhost`. The fields below describe the first.
   */
  readonly addresses: readonly string[];
  readonly family: "ipv4" | "ipv6" | "unix";
  /** The IP address, with the interface if link-local (`fe80::1%2`); null for a unix socket. */
  readonly address: string | null;
  /** The port; null for a unix socket. */
  readonly port: number | null;
  /** The path of the unix socket, `@name` in the abstract namespace; null for others. */
  readonly path: string | null;
  readonly respond: "echo" | "discard" | "http";
  /** The requested backlog. */
  readonly backlog: number;
  /** The backlog that the system granted; null if the system does not report it. */
  readonly granted: number | null;
  /** net.core.somaxconn, which caps the backlog; null if the system is not Linux. */
  readonly somaxconn: number | null;
  /** How many connections may wait: on Linux one more than the backlog; null on other systems. */
  readonly capacity: number | null;
  readonly pid: number;
}

/** A connection was accepted. */
export interface ConnectionEvent {
  readonly event: "connection";
  /** Counts connections from 1. */
  readonly id: number;
  /** The peer's address, such as `127.0.0.1:51234`. */
  readonly peer: string;
  /** The number of open connections. */
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
  /**
   * The name of the error that ended it, such as `ConnectionResetByPeer`; null if there was none.
   */
  readonly error: string | null;
  readonly open: number;
}

/** The depth of the accept queue has changed since the last check. */
export interface QueueEvent {
  readonly event: "queue";
  /** Connections waiting to be accepted. */
  readonly pending: number;
  /** The backlog in effect. */
  readonly limit: number;
}

/**
 * The kernel has dropped connection attempts at this listener. Clients are not notified; they
 * retry.
 */
export interface DropEvent {
  readonly event: "drop";
  /**
   * How many SYNs and final handshake ACKs were dropped since the last such event. A client that
   * retries is counted again.
   */
  readonly dropped: number;
  /** How many were dropped since the listener was opened, as counted by the kernel (sk_drops). */
  readonly total: number;
  /** Connections waiting to be accepted now. */
  readonly pending: number;
  /** The backlog in effect. */
  readonly limit: number;
  /** The limit that caused it, inferred from counters of the whole network namespace. */
  readonly reason: QueueLimit;
  readonly message: string;
}

/** Something failed, but the listener continues. */
export interface ErrorEvent {
  readonly event: "error";
  /** The name of the error, such as `ProcessFdQuotaExceeded`. */
  readonly name: string;
  /** The name of the errno, such as `EMFILE`. */
  readonly code: string;
  readonly message: string;
}

/** Reported at the end. */
export interface SummaryEvent {
  readonly event: "summary";
  /** The signal that ended it: `SIGINT` or `SIGTERM`. */
  readonly signal: string | null;
  /** The number of accepted connections. */
  readonly connections: number;
  /** How many of them ended with an error. */
  readonly failed: number;
  /** How many were still open at the end. */
  readonly interrupted: number;
  /** Connections that were still in the accept queue, and never accepted. */
  readonly refused: number;
  readonly received: number;
  readonly sent: number;
  /** The greatest observed depth of the accept queue. */
  readonly deepestQueue: number;
  /** Connection attempts that the kernel dropped here; null if it does not count them. */
  readonly dropped: number | null;
  readonly milliseconds: number;
}

/** Reports events to the user. */
export interface Report {
  tell(event: ListenEvent): void;
  /** Ends the report. */
  end(): void;
}
