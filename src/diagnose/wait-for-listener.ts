import type { Ipv4Address, Ipv6Address, UnixAddress } from "../address/address.ts";
import { isIP } from "../address/is-ip.ts";
import { isLocalhost, localhostAddresses } from "../address/localhost.ts";
import { encodeAddress } from "../address/sockaddr.ts";
import { delay } from "../clock/clock.ts";
import { machineClock } from "../clock/machine-clock.ts";
import { checkObject, integer, invalidString, quoted } from "../errors/argument.ts";
import { host } from "../system/host.ts";
import { isAddressHere } from "./addresses-here.ts";
import { connectionProbe } from "./connection-probe.ts";
import { isListenedOn } from "./socket-table.ts";
import { isPathListenedOn } from "./unix-path.ts";

/**
 * What to wait for: a TCP port, on `localhost` unless a host is given, or a unix path (`"\0name"`
 * in the abstract namespace).
 */
export type ListenerEndpoint =
  | { readonly port: number; readonly host?: string; readonly path?: never }
  | { readonly path: string; readonly port?: never; readonly host?: never };

/** Options of `waitForListener()`. */
export interface WaitForListenerOptions {
  /** Gives up after this many milliseconds; never by default. Real time, even under fake timers. */
  readonly timeout?: number;
  /** Ends the wait, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The pauses between checks, in milliseconds: short at first, since a new server listens soon. */
const SHORTEST = 5;
const LONGEST = 100;

/**
 * Waits until something listens. On this machine it looks in the kernel's table and does not
 * connect, so a server that counts its connections, or takes only one, is not disturbed. For
 * `localhost`, a listener on either 127.0.0.1 or ::1 is enough.
 *
 * - Linux: the kernel does not announce listeners, so the table is polled, every 5 ms at first,
 *   then every 100 ms; a check takes some microseconds. A listener on another machine or in another
 *   network namespace, or any listener if the table cannot be read, is found by connecting.
 * - Windows: polls the table as well. It does not say whether IPv6's wildcard takes IPv4; an IPv4
 *   address is then connected to. A path is that of a unix socket, not of a named pipe, and is
 *   connected to.
 * - macOS: polls the table as well, and connects to a path; written from its headers, not yet run.
 * - FreeBSD: connects.
 *
 * @param endpoint `{ port }`, `{ port, host }` or `{ path }`
 * @param options `timeout` and `signal`
 * @returns the address on which something listens
 * @throws DOMException named `TimeoutError` after `timeout`
 * @throws the signal's `reason` when it aborts
 * @throws TypeError if `endpoint` is neither a port nor a path
 * @throws RangeError if a port, a path's length or `timeout` is out of range
 * @example
 * ```ts
 * import { waitForListener } from "berkeley/diagnose";
 *
 * using server = socket(AF.INET, SOCK.STREAM);
 * listen(server, 16);
 * const address = getsockname(server);
 * if (address.family !== "ipv4") throw new Error("not IPv4");
 * const found = await waitForListener({ port: address.port }, { timeout: 5000 });
 * console.log(found.family); // ipv4
 * ```
 * @see [Linux](https://man7.org/linux/man-pages/man7/sock_diag.7.html)
 * @see
 * [Windows](https://learn.microsoft.com/windows/win32/api/iphlpapi/nf-iphlpapi-getextendedtcptable)
 */
export async function waitForListener(
  endpoint: ListenerEndpoint,
  options: WaitForListenerOptions = {},
): Promise<Ipv4Address | Ipv6Address | UnixAddress> {
  checkObject("an endpoint", "{ port, host? } or { path }", endpoint);
  checkObject("options", "{ timeout?, signal? }", options);
  const { signal, release } = limited(options);
  let watched: WatchedEndpoint[] = [];
  try {
    signal?.throwIfAborted();
    watched = await watchedEndpoints(endpoint);
    for (let pause = SHORTEST; ; pause = Math.min(pause * 2, LONGEST)) {
      const found = listenedOn(watched);
      if (found !== undefined) return found.address;
      await delay(machineClock, pause, signal);
    }
  } finally {
    release();
    for (const { stop } of watched) stop();
  }
}

/** A signal that aborts with the caller's or after the timeout, and a function to end the timer. */
interface Limit {
  readonly signal: AbortSignal | undefined;
  release(): void;
}

/** Not AbortSignal.timeout(), which fake timers replace. */
function limited({ timeout, signal }: WaitForListenerOptions): Limit {
  if (timeout === undefined) return { signal, release() {} };
  const milliseconds = integer("timeout", timeout, 0, 0x7fffffff);
  const over = new AbortController();
  const end = () =>
    over.abort(new DOMException(`waitForListener() timed out after ${timeout} ms`, "TimeoutError"));
  const timer = machineClock.setTimeout(end, milliseconds).unref();
  return {
    signal: signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]),
    release: () => machineClock.clearTimeout(timer),
  };
}

interface WatchedEndpoint {
  readonly address: Ipv4Address | Ipv6Address | UnixAddress;
  /** Whether the system's table has a listener; undefined if the table does not say. */
  isInTable(): boolean | undefined;
  /** Whether a connection finds a listener. */
  connects(): boolean;
  stop(): void;
}

/** Prefers an endpoint found in the table to one found by connecting. */
function listenedOn(watched: readonly WatchedEndpoint[]): WatchedEndpoint | undefined {
  const told = watched.map((endpoint) => endpoint.isInTable());
  const seen = told.indexOf(true);
  if (seen !== -1) return watched[seen];
  return watched.find((endpoint, index) => told[index] === undefined && endpoint.connects());
}

async function watchedEndpoints(endpoint: ListenerEndpoint): Promise<WatchedEndpoint[]> {
  if (endpoint.path !== undefined) {
    if (typeof endpoint.path !== "string" || endpoint.path === "") {
      throw invalidString(endpoint.path, `a path must be a non-empty string, not ${quoted(endpoint.path)}`);
    }
    return [pathEndpoint({ family: "unix", path: endpoint.path })];
  }
  const port = integer("port", endpoint.port, 1, 65535);
  const addresses = await addressesOf(endpoint.host ?? "localhost", port);
  return addresses.map(portEndpoint);
}

async function addressesOf(name: string, port: number): Promise<(Ipv4Address | Ipv6Address)[]> {
  const { lookup } = await import("node:dns/promises");
  // RFC 6761, 6.3: localhost is this machine, whatever the resolver says.
  const found = isLocalhost(name)
    ? localhostAddresses
    : isIP(name) !== 0
      ? [{ address: name }]
      : await lookup(name, { all: true });
  return found.map(({ address }) =>
    isIP(address) === 6
      ? { family: "ipv6", address, port, flowlabel: 0, scopeId: 0 }
      : { family: "ipv4", address, port },
  );
}

function portEndpoint(address: Ipv4Address | Ipv6Address): WatchedEndpoint {
  const { isListening, stop } = connectionProbe(address);
  const isHere = isAddressHere(address.address);
  const isInTable = () => (isHere ? isListenedOn(address) : undefined);
  return { address, isInTable, connects: isListening, stop };
}

function pathEndpoint(address: UnixAddress): WatchedEndpoint {
  // Throws a RangeError if the path does not fit.
  encodeAddress(address, host, host.address);
  const path = Buffer.from(address.path);
  return { address, isInTable: () => isPathListenedOn(path), connects: () => false, stop: () => {} };
}
