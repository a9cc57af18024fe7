import { defined } from "../invariant.ts";
import type { AcceptQueue } from "./system.ts";

/**
 * The sockets and processes of the host, as its system reports them. A value or table that it does
 * not report is undefined.
 */
export interface HostTables {
  readonly sockets: SocketTable;
  readonly processes: ProcessTable;
  readonly ports: PortRules;
  readonly listenerCounters: ListenerCounters;
  readonly terms: HostTerms;
}

/** The kernel's counters for TCP listeners, and the settings that limit their queues. */
export interface ListenerCounters {
  /** The counters of netstat(8) for all listeners, by name; undefined if there are none. */
  counters(): ReadonlyMap<string, number> | undefined;
  /** The largest backlog that the system grants; undefined if it does not say. */
  somaxconn(): number | undefined;
  /** Whether the kernel may answer SYNs with cookies. */
  usesSynCookies(): boolean;
}

/**
 * How a socket uses its address: it listens; it is bound, but neither listens nor is connected
 * (normal for datagram sockets); it is connected, connecting or closing; or it is gone, but its
 * address stays reserved for a minute (TIME_WAIT).
 */
export type SocketUse = "listening" | "bound" | "connected" | "time-wait";

/** The sockets open on this host: on Linux, in this network namespace. */
export interface SocketTable {
  /** The matching IPv4 and IPv6 sockets; undefined if the system does not list them. */
  internetSockets(wanted: WantedSockets): InternetEntry[] | undefined;
  /**
   * Whether a connection to an address of this host, of 4 or 16 bytes, finds a listener; undefined
   * if unknown.
   */
  isListenedOn(address: Uint8Array, port: number): boolean | undefined;
  /** The named unix sockets with this use; undefined if the system does not list them. */
  unixSockets(uses: readonly SocketUse[]): UnixEntry[] | undefined;
  /** Whether lstat(2) distinguishes a unix socket from a file. */
  readonly filesTellSockets: boolean;
  /**
   * Reasons, as fragments of a sentence: why a table is missing, and why a socket that blocks
   * bind() may not be in it (`bound` follows "a socket that").
   */
  readonly unavailable: { readonly internet: string; readonly unix: string; readonly bound: string };
  /**
   * Whether only bind() can determine if an address is free, because the table lacks sockets, and
   * addresses conflict by rules of this system's own.
   */
  readonly leavesBindOpen: boolean;
  /**
   * Whether the table lacks sockets that are bound without listening, so that bind() has to confirm
   * that a port with no socket in the table is free.
   */
  lacksBoundSockets(protocol: "tcp" | "udp"): boolean;
  /** Whether `unixSockets()` works on this system; if false, it always returns undefined. */
  readonly listsUnixSockets: boolean;
}

/** Selects sockets. */
export interface WantedSockets {
  readonly protocol: "tcp" | "udp";
  readonly uses: readonly SocketUse[];
  /** The local port; any if omitted. */
  readonly port?: number;
}

/** One end of a socket: 4 or 16 bytes of address. */
export interface SocketEnd {
  readonly address: Uint8Array;
  readonly port: number;
  /** The interface of a link-local address; 0 for none. */
  readonly scopeId: number;
}

/** Whether an address is in fe80::/10, and so specific to an interface (RFC 4291, 2.5.6). */
export const isLinkLocal = (address: Uint8Array): boolean =>
  address.byteLength === 16 &&
  address[0] === 0xfe &&
  (defined(address[1], "an IPv6 address has 16 bytes") & 0xc0) === 0x80;

/** Identifies a socket to `ProcessTable`. */
export interface SocketKey {
  /** The number of its file, unique among open sockets; 0 if no process has it open. */
  readonly inode: number | undefined;
  /** The process that owns it, if the system reports that with the socket. */
  readonly owner?: number | undefined;
}

/** An IPv4 or IPv6 socket, as the system reports it. */
export interface InternetEntry extends SocketKey {
  readonly protocol: "tcp" | "udp";
  readonly use: SocketUse;
  readonly local: SocketEnd;
  readonly peer: SocketEnd | undefined;
  readonly v6only: boolean | undefined;
  readonly interface: number;
  readonly owner: number | undefined;
  readonly uid: number | undefined;
  readonly queue: AcceptQueue | undefined;
  readonly drops: number | undefined;
  readonly remaining: number | undefined;
}

/** A named unix socket, as the system reports it. */
export interface UnixEntry {
  readonly type: "stream" | "datagram" | "seqpacket";
  readonly use: SocketUse;
  /** The bytes of sun_path, without the NUL after a path. */
  readonly name: Uint8Array;
  readonly file: { readonly inode: number; readonly device: number } | undefined;
  readonly inode: number;
  readonly uid: number | undefined;
  readonly queue: AcceptQueue | undefined;
}

/** A process that has a socket open. */
export interface Holder {
  readonly pid: number;
  /**
   * The kernel's name for it: at most 15 bytes on Linux, 31 on macOS; the file name of its program
   * on Windows.
   */
  readonly name: string;
  /**
   * The command line, split into words; empty if it may not be read, or the process has none.
   * Windows and macOS only report the program's path.
   */
  readonly command: readonly string[];
  /** The effective user; undefined on Windows, whose users have no numbers. */
  readonly uid: number | undefined;
  /** The user's name, or the number if it has no name. Undefined if it may not be read. */
  readonly user: string | undefined;
  /** The working directory; undefined if it may not be read. */
  readonly directory: string | undefined;
  /** When the process started, in milliseconds since 1970; undefined if it may not be read. */
  readonly started: number | undefined;
  /**
   * The same in the kernel's units; together with `pid` it identifies a process permanently. Linux:
   * ticks since boot; Windows and macOS: microseconds since 1970.
   */
  readonly startTicks: number | undefined;
  /** The parent; undefined if unknown. */
  readonly parent: number | undefined;
}

/** The processes that hold sockets. */
export interface Holders {
  /** Every process that has the socket open, including those that inherited it. */
  readonly of: (socket: SocketKey) => readonly Holder[];
  /** How many processes of other users this process may not inspect. */
  readonly hidden: number;
}

/** The processes of this host. */
export interface ProcessTable {
  /** Finds the processes that have these sockets open. */
  holdersOf(sockets: Iterable<SocketKey>): Holders;
  /** Information about a process; undefined if it has ended. */
  readProcess(pid: number): Holder | undefined;
  /**
   * The names of users by number, or the number for a user without a name. Reads all users once,
   * for many look-ups.
   */
  userNames(): (uid: number) => string;
  /**
   * The number of this process in the table; on Linux, it differs from getpid()'s if /proc belongs
   * to another PID namespace.
   */
  ownPid(): number | undefined;
  /**
   * Opens the process with this number in the table, which keeps its number while the handle is
   * open.
   */
  openProcess(pid: number): ProcessHandle | ProcessRefusal;
  /**
   * Removes a child of this process that has ended from the table: waitpid(2) without waiting.
   * Only on Linux, and not for children that Node has started and waits for.
   */
  reap?(pid: number): void;
  /**
   * Whether a process waits for connections on one of the sockets with these inodes. Undefined if
   * that cannot be known. Only on Linux.
   */
  waitsForConnections?(pid: number, inodes: ReadonlySet<number>): boolean | undefined;
}

/**
 * Why a process cannot be opened: it has ended; another user owns it; the system cannot prevent its
 * number from being reused, as on Linux before 5.3, macOS and FreeBSD; or, `"unproven"`, it cannot
 * be proven to be the process with this number in the table, such as when Linux's /proc belongs to
 * another PID namespace.
 */
export type ProcessRefusal = "ended" | "denied" | "not supported" | "unproven";

/**
 * A handle that keeps identifying the same process after it has ended and its number was reused.
 */
export interface ProcessHandle {
  /** Sends it a signal; on Windows, which has no signals, terminates it. */
  signal(name: "SIGTERM" | "SIGKILL"): "sent" | ProcessRefusal;
  readonly ended: boolean;
  /** Call it once. */
  close(): void;
}

/** The system's rules for ports. */
export interface PortRules {
  /** The range from which the system chooses ports: first and last; undefined if unknown. */
  ephemeralRange(): { readonly first: number; readonly last: number } | undefined;
  /** Whether a port in that range is reserved, so the system does not choose it. */
  reservedPorts(): (port: number) => boolean;
  /**
   * The first unprivileged port for this process at this address; undefined if it may use every
   * port.
   */
  privilegedBelow(address: Uint8Array): number | undefined;
}

/** The system's terms for settings, and the commands to type. */
export interface HostTerms {
  /** The settings for the range from which the system chooses ports, and for reserved ports. */
  readonly ephemeralRange: string;
  readonly reservedPorts: string;
  /** Who may use a privileged port, and what this process lacks. */
  readonly privilege: { readonly rule: string; readonly lacks: string };
  readonly advice: {
    /** How to allow every user a privileged port. */
    privileged(port: number): Recommendation[];
    readonly addresses: string;
    readonly portsUsedUp: readonly Recommendation[];
    /** Commands to which a path is appended. */
    readonly remove: string;
    readonly makeDirectory: string;
    /** How to run it again with more rights. */
    asRoot(command: string): Recommendation;
    /** Advice if the system reserves the port. */
    readonly excluded: readonly Recommendation[];
    /** Advice if the table does not show the socket that has the port. */
    readonly unavailable: Recommendation | undefined;
  };
  /** A part of the system whose process name is not well known. */
  service(
    holder: Holder,
    port: number,
  ): { readonly name: string; readonly advice: Recommendation } | undefined;
}

/** An instruction, and a command for it. */
export interface Recommendation {
  readonly message: string;
  readonly command?: string;
}
