import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Ipv4Address, Ipv6Address, UnixAddress } from "../address/address.ts";
import { isLocalhost, localhostAddresses } from "../address/localhost.ts";
import { delay, machineClock } from "../clock/clock.ts";
import { checkObject, integer, invalidString, quoted } from "../errors/argument.ts";
import { isAddressHere } from "./addresses-here.ts";
import { connectionProbe } from "./connection-probe.ts";
import { isListenedOn } from "./socket-table.ts";
import { isPathListenedOn } from "./unix-path.ts";

/**
 * What to wait for: a TCP port, of `localhost` unless a host is given, or a unix path (`"\0name"`
 * in the abstract namespace).
 */
export type ListenerEndpoint =
  | { readonly port: number; readonly host?: string; readonly path?: never }
  | { readonly path: string; readonly port?: never; readonly host?: never };

/** What `waitForListener()` takes besides. */
export interface WaitForListenerOptions {
  /**
   * Milliseconds until it gives up; never if left out. They are real ones under fake timers, too.
   */
  readonly timeout?: number;
  /** Ends the wait: it then fails with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * The first looks follow each other closely, since a program that has just started soon listens.
 */
const SHORTEST = 5;
const LONGEST = 100;

/**
 * Waits until something listens. On this machine it sees the listener in the kernel's table, and
 * does not connect to it: a server that counts its connections, or takes a single one, is not
 * disturbed. A `localhost` that is both 127.0.0.1 and ::1 is waited for on either.
 *
 * - Linux: the kernel does not announce listeners, so it is asked from time to time, at first every
 *   5 ms, then every 100 ms; a question takes some microseconds. A listener of another machine, of
 *   another network namespace, or one that the kernel does not tell of, is waited for by
 *   connecting.
 * - Windows: so it is asked, too. Whether IPv6's wildcard takes IPv4 is not told, so an IPv4
 *   address is then connected to. A path is that of a unix socket, and not of a named pipe, and is
 *   connected to.
 * - macOS: by its headers, not yet run: so it is asked, too; a path is connected to.
 * - FreeBSD: a listener is waited for by connecting.
 *
 * @param endpoint `{ port }`, `{ port, host }` or `{ path }`
 * @param options `timeout` and `signal`
 * @returns the address that is listened on, of those waited for
 * @throws DOMException named `TimeoutError` when the time is over
 * @throws the signal's `reason` when it aborts
 * @throws TypeError if `place` is neither a port nor a path
 * @throws RangeError if a port or `timeout` is out of range
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
  checkObject("a place", "{ port, host? } or { path }", endpoint);
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

/** A signal that is aborted by the caller's or when the time is over, and what ends the timer. */
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
  /** What the system tells; undefined where it does not. */
  isTold(): boolean | undefined;
  /** Whether a connection finds a listener. */
  connects(): boolean;
  stop(): void;
}

/** One that is seen, before one that is connected to. */
function listenedOn(watched: readonly WatchedEndpoint[]): WatchedEndpoint | undefined {
  const told = watched.map((endpoint) => endpoint.isTold());
  const seen = told.indexOf(true);
  if (seen !== -1) return watched[seen];
  return watched.find((endpoint, index) => told[index] === undefined && endpoint.connects());
}

async function watchedEndpoints(endpoint: ListenerEndpoint): Promise<WatchedEndpoint[]> {
  if (endpoint.path !== undefined) {
    if (typeof endpoint.path !== "string" || endpoint.path === "") {
      throw invalidString(
        endpoint.path,
        `a path must be a string that is not empty, not ${quoted(endpoint.path)}`,
      );
    }
    return [pathEndpoint({ family: "unix", path: endpoint.path })];
  }
  const port = integer("port", endpoint.port, 1, 65535);
  const addresses = await addressesOf(endpoint.host ?? "localhost", port);
  return addresses.map(portEndpoint);
}

async function addressesOf(host: string, port: number): Promise<(Ipv4Address | Ipv6Address)[]> {
  // RFC 6761, 6.3: whatever the resolver says, localhost is this machine.
  const found = isLocalhost(host)
    ? localhostAddresses
    : isIP(host) !== 0
      ? [{ address: host }]
      : await lookup(host, { all: true });
  return found.map(({ address }) =>
    isIP(address) === 6
      ? { family: "ipv6", address, port, flowlabel: 0, scopeId: 0 }
      : { family: "ipv4", address, port },
  );
}

function portEndpoint(address: Ipv4Address | Ipv6Address): WatchedEndpoint {
  const { isListening, stop } = connectionProbe(address);
  const isHere = isAddressHere(address.address);
  const isTold = () => (isHere ? isListenedOn(address) : undefined);
  return { address, isTold, connects: isListening, stop };
}

function pathEndpoint(address: UnixAddress): WatchedEndpoint {
  const path = Buffer.from(address.path);
  return { address, isTold: () => isPathListenedOn(path), connects: () => false, stop: () => {} };
}
