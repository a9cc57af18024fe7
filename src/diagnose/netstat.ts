import { hostTables } from "../system/this-host.ts";

/** The kernel's counters since boot, for all TCP listeners of this network namespace. */
export interface Netstat {
  /** Connections dropped because an accept queue was full. */
  readonly ListenOverflows: number;
  /** Connections dropped at a listener for any reason, including those of ListenOverflows. */
  readonly ListenDrops: number;
  /** SYNs dropped because the queue of incomplete connections was full. */
  readonly TCPReqQFullDrop: number;
  /** SYNs answered with a cookie because that queue was full. */
  readonly TCPReqQFullDoCookies: number;
  /** SYN cookies sent. */
  readonly SyncookiesSent: number;
  /** Valid SYN cookies that came back. */
  readonly SyncookiesRecv: number;
  /** Invalid SYN cookies that came back. */
  readonly SyncookiesFailed: number;
}

/**
 * Reads the kernel's counters of dropped connections for this network namespace; undefined if the
 * system has none.
 *
 * - Linux: the TcpExt lines of /proc/net/netstat.
 *
 * @example
 * ```ts
 * import { netstat } from "berkeley/diagnose";
 *
 * const before = netstat()?.ListenOverflows ?? 0;
 * // …
 * console.log((netstat()?.ListenOverflows ?? 0) - before >= 0); // true
 * ```
 * @see [Linux](https://docs.kernel.org/networking/snmp_counter.html)
 */
export function netstat(): Netstat | undefined {
  const counters = hostTables.listenerCounters.counters();
  if (counters === undefined) return undefined;
  const count = (name: keyof Netstat) => counters.get(name) ?? 0;
  return {
    ListenOverflows: count("ListenOverflows"),
    ListenDrops: count("ListenDrops"),
    TCPReqQFullDrop: count("TCPReqQFullDrop"),
    TCPReqQFullDoCookies: count("TCPReqQFullDoCookies"),
    SyncookiesSent: count("SyncookiesSent"),
    SyncookiesRecv: count("SyncookiesRecv"),
    SyncookiesFailed: count("SyncookiesFailed"),
  };
}
