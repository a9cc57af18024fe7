import { defined } from "../invariant.ts";
import type { AcceptQueue } from "./system.ts";

/**
 * What a system tells of the sockets and processes of the machine that it runs on. What it does not
 * tell is undefined; a table of which it tells nothing is undefined as a whole.
 */
export interface HostTables {
  readonly sockets: SocketTable;
  readonly processes: ProcessTable;
  readonly ports: PortRules;
  readonly listenerCounters: ListenerCounters;
  readonly terms: HostTerms;
}

/** What the kernel counts at TCP listeners, and the settings that limit their queues. */
export interface ListenerCounters {
  /** The counters of netstat(8) for all listeners, by name; undefined if there are none. */
  counters(): ReadonlyMap<string, number> | undefined;
  /** The largest backlog that the system grants; undefined if it does not say. */
  somaxconn(): number | undefined;
  /** Whether the kernel may answer SYNs with cookies. */
  usesSynCookies(): boolean;
}

/**
 * What a socket does with its address: it listens; it is bound, and neither listens nor is
 * connected (for datagrams, the usual thing); it is connected, or on the way there or back; or it
 * is gone, and its address is kept for a minute (TIME_WAIT).
 */
export type SocketUse = "listening" | "bound" | "connected" | "time-wait";

/** The sockets that are open on this machine: on Linux, in this network namespace. */
export interface SocketTable {
  /** The sockets of IPv4 and IPv6 that match; undefined where the system does not tell. */
  internetSockets(wanted: WantedSockets): InternetEntry[] | undefined;
  /**
   * Whether a connection to an address of this machine, of 4 or 16 bytes, finds a listener;
   * undefined where that is not told.
   */
  isListenedOn(address: Uint8Array, port: number): boolean | undefined;
  /**
   * The unix sockets that have a name and are used so; undefined where the system does not tell.
   */
  unixSockets(uses: readonly SocketUse[]): UnixEntry[] | undefined;
  /** Whether lstat(2) tells a unix socket from a file. */
  readonly filesTellSockets: boolean;
  /**
   * Reasons, as fragments: why there is no table of a kind, and why a socket that blocks bind() may
   * not be in it (`bound` follows "a socket that").
   */
  readonly unavailable: { readonly internet: string; readonly unix: string; readonly bound: string };
  /**
   * Whether only bind() can tell if an address is free: the table lacks sockets, and addresses do
   * not cover each other as they do elsewhere.
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

/** Which sockets are asked for. */
export interface WantedSockets {
  readonly protocol: "tcp" | "udp";
  readonly uses: readonly SocketUse[];
  /** The local port; any if left out. */
  readonly port?: number;
}

/** One end of a socket: 4 or 16 bytes of address. */
export interface SocketEnd {
  readonly address: Uint8Array;
  readonly port: number;
  /** The interface that a link-local address is of; 0 is none. */
  readonly scopeId: number;
}

/** Whether an address is of fe80::/10, and so of one interface (RFC 4291, 2.5.6). */
export const isLinkLocal = (address: Uint8Array): boolean =>
  address.byteLength === 16 &&
  address[0] === 0xfe &&
  (defined(address[1], "an IPv6 address has 16 bytes") & 0xc0) === 0x80;

/** What processes hold a socket by. */
export interface SocketKey {
  /**
   * The number of its file: two sockets that are open have different ones. 0 where nobody holds it.
   */
  readonly inode: number | undefined;
  /** The process that it belongs to, where the system tells that of the socket itself. */
  readonly owner?: number | undefined;
}

/** A socket over IPv4 or IPv6, as the system tells it. */
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

/** A unix socket with a name, as the system tells it. */
export interface UnixEntry {
  readonly type: "stream" | "datagram" | "seqpacket";
  readonly use: SocketUse;
  /** The bytes of sun_path, without the NUL behind a path. */
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
   * The name that the kernel has for it: of 15 bytes at most on Linux, of 31 on macOS, its
   * program's file on Windows.
   */
  readonly name: string;
  /**
   * The command line, a word each; empty where it may not be read, or the process has none. Windows
   * and macOS tell the program's path alone.
   */
  readonly command: readonly string[];
  /** The effective user; undefined on Windows, whose users have no numbers. */
  readonly uid: number | undefined;
  /** The user's name; the number where it has none. Undefined where it may not be read. */
  readonly user: string | undefined;
  /** The working directory; undefined where it may not be read. */
  readonly directory: string | undefined;
  /** When the process started, in milliseconds since 1970; undefined where it may not be read. */
  readonly started: number | undefined;
  /**
   * The same as the kernel counts it; with `pid`, it names one process for good. Linux: ticks since
   * it booted; Windows and macOS: microseconds since 1970.
   */
  readonly startTicks: number | undefined;
  /** The parent; undefined where it is not told. */
  readonly parent: number | undefined;
}

/** Who holds sockets. */
export interface Holders {
  /** Every process that has the socket open; those that inherited it, too. */
  readonly of: (socket: SocketKey) => readonly Holder[];
  /** How many processes there are whose descriptors this process may not read, of other users. */
  readonly hidden: number;
}

/** The processes of this machine. */
export interface ProcessTable {
  /** Finds the processes that have these sockets open. */
  holdersOf(sockets: Iterable<SocketKey>): Holders;
  /** What is known of a process; undefined where it has ended. */
  readProcess(pid: number): Holder | undefined;
  /**
   * The names of users by their numbers; the number where it has none. For many users: they are
   * read once.
   */
  userNames(): (uid: number) => string;
  /**
   * The number that the table has for this process; on Linux, another than getpid()'s where /proc
   * is of another PID namespace.
   */
  ownPid(): number | undefined;
  /**
   * The process that the table has under the number, which it keeps for as long as the handle is
   * open.
   */
  openProcess(pid: number): ProcessHandle | ProcessRefusal;
}

/**
 * Why a process cannot be opened: it has ended; it is another user's; the system cannot keep its
 * number from passing to another one, as Linux before 5.3, macOS and FreeBSD; or, `"unproven"`, it
 * cannot be shown to be the process that the table has under this number, as where Linux's /proc is
 * of another PID namespace.
 */
export type ProcessRefusal = "ended" | "denied" | "not supported" | "unproven";

/** A process that goes on meaning the same one when it has ended, and its number is another's. */
export interface ProcessHandle {
  /** Sends it a signal; on Windows, which has none, it is ended at once. */
  signal(name: "SIGTERM" | "SIGKILL"): "sent" | ProcessRefusal;
  readonly ended: boolean;
  /** To be called once. */
  close(): void;
}

/** Who may have which port. */
export interface PortRules {
  /** The ports that the system chooses from: first and last; undefined where it does not tell. */
  ephemeralRange(): { readonly first: number; readonly last: number } | undefined;
  /** Whether a port is one that the system does not choose, though it is of the range. */
  reservedPorts(): (port: number) => boolean;
  /**
   * The first port that this process needs no privilege for, at this address; undefined where it
   * may have every port.
   */
  privilegedBelow(address: Uint8Array): number | undefined;
}

/** What something is called on a system, and what to type there. */
export interface HostTerms {
  /** The setting of the range of ports that the system chooses from, and of those kept back. */
  readonly ephemeralRange: string;
  readonly reservedPorts: string;
  /** Who may have a privileged port, and what this process lacks. */
  readonly privilege: { readonly rule: string; readonly lacks: string };
  readonly advice: {
    /** To let every user have a privileged port. */
    privileged(port: number): Recommendation[];
    readonly addresses: string;
    readonly portsUsedUp: readonly Recommendation[];
    /** Commands to which a path is added. */
    readonly remove: string;
    readonly makeDirectory: string;
    /** To ask again with more rights. */
    asRoot(command: string): Recommendation;
    /** Where the port is one that the system keeps back. */
    readonly excluded: readonly Recommendation[];
    /** Where something has the port that the table does not tell of. */
    readonly unavailable: Recommendation | undefined;
  };
  /** A part of the system that people do not know by the name of its process. */
  service(
    holder: Holder,
    port: number,
  ): { readonly name: string; readonly advice: Recommendation } | undefined;
}

/** Something to do, and a command for it. */
export interface Recommendation {
  readonly message: string;
  readonly command?: string;
}
