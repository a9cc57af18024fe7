import { hostTables } from "../system/this-host.ts";

/**
 * What the kernel has counted since it booted, of every TCP listener of this network namespace:
 * those of netstat(8).
 */
export interface Netstat {
  /** Connections that were dropped because an accept queue was full. */
  readonly ListenOverflows: number;
  /**
   * Connections that were dropped at a listener, for whatever reason; those of ListenOverflows,
   * too.
   */
  readonly ListenDrops: number;
  /** SYNs that were dropped because the queue of incomplete connections was full. */
  readonly TCPReqQFullDrop: number;
  /** SYNs that were answered with a cookie instead, because that queue was full. */
  readonly TCPReqQFullDoCookies: number;
  /** SYN cookies that were sent. */
  readonly SyncookiesSent: number;
  /** SYN cookies that came back, and were good. */
  readonly SyncookiesRecv: number;
  /** SYN cookies that came back, and were not. */
  readonly SyncookiesFailed: number;
}

/**
 * The kernel's counters of what became of connections to its listeners, of this network namespace;
 * undefined where the system does not count them.
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
