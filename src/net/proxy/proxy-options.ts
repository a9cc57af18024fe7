import { boolean, checkObject, elements, integer, invalidValue, kind } from "../../errors/argument.ts";
import { milliseconds } from "../abort.ts";
import {
  type ConnectEndpoint,
  type ConnectOptions,
  type ConnectToAddress,
  type ConnectToPath,
  type ConnectToPort,
  checkConnectOptions,
} from "../options/connect-options.ts";
import type { AnyOptionValues, ListenOptions } from "../options/listen-options.ts";
import { NOT_OF_PROXY, NOT_OF_TARGET, refuseOptionsOfOthers } from "../options/options-of-others.ts";
import { checkFaults, type Faults } from "./faults.ts";

/**
 * A target of a proxy: options of `connect()`, except those that the proxy sets itself, such as the
 * engine and time limits.
 */
export type ProxyTarget = (ConnectToPort | ConnectToPath | ConnectToAddress) & {
  readonly engine?: undefined;
  readonly busyPoll?: undefined;
  readonly signal?: undefined;
  readonly timeout?: undefined;
};

/** How a proxy chooses among its targets. */
export type Balance = "round-robin" | "least-connections";

/** Options of `proxy()`. */
export interface ProxyOptions {
  /** Where it listens: options of `listen()`. */
  readonly listen: ListenOptions;
  /** One target, or several. */
  readonly to: ProxyTarget | readonly ProxyTarget[];
  /** `"round-robin"` by default. */
  readonly balance?: Balance | undefined;
  /**
   * How many milliseconds pass between health checks of each target. A check connects and closes. A
   * target is down after a check or connection fails, and up again after one succeeds; while any
   * target is up, those that are down are not tried. 2000 by default; false turns checks off.
   */
  readonly health?: number | false | undefined;
  /** The PROXY protocol, which tells a server the address of the client. */
  readonly proxyProtocol?: {
    /** Whether connections must begin with a header, of version 1 or 2. */
    readonly accept?: boolean | undefined;
    /** The version of the header to send to targets. */
    readonly send?: 1 | 2 | undefined;
  };
  /**
   * How many milliseconds a target may take to accept a connection before the next one is tried,
   * and a client to send a header; 5000 by default.
   */
  readonly connectTimeout?: number | undefined;
  /** Resets a connection that has been idle for this many milliseconds; Infinity by default. */
  readonly idleTimeout?: number | undefined;
  /**
   * How many connections to targets may be open at once; more clients wait in the accept queue.
   * Infinity by default.
   */
  readonly maxConnections?: number | undefined;
  /** Faults for tests: `setFaults()` of the proxy changes them. */
  readonly faults?: Faults | undefined;
}

/** A target, read once. */
export interface CheckedTarget {
  readonly endpoint: ConnectEndpoint;
  readonly options: AnyOptionValues;
}

/** Options, each read once. */
export interface CheckedProxyOptions {
  readonly listen: ListenOptions;
  readonly to: readonly CheckedTarget[];
  readonly balance: Balance;
  readonly health: number;
  readonly accept: boolean;
  readonly send: 1 | 2 | undefined;
  readonly connectTimeout: number;
  readonly idleTimeout: number;
  readonly maxConnections: number;
  readonly faults: Faults;
}

/** Throws a TypeError or RangeError. `listen()` checks its own options. */
export function checkProxyOptions(options: ProxyOptions): CheckedProxyOptions {
  checkObject("options", "{ listen, to, … }", options);
  refuseOptionsOfOthers("proxy()", options, NOT_OF_PROXY);
  const { listen, to, balance = "round-robin", health = 2000, proxyProtocol = {}, faults = {} } = options;
  const { connectTimeout = 5000, idleTimeout = Number.POSITIVE_INFINITY } = options;
  const { maxConnections = Number.POSITIVE_INFINITY } = options;
  checkObject("listen", "the options of listen()", listen);
  if (balance !== "round-robin" && balance !== "least-connections")
    throw invalidValue(`balance must be "round-robin" or "least-connections", not ${kind(balance)}`);
  if (health !== false && milliseconds("health", health) === 0)
    throw invalidValue("health must be more than 0 milliseconds, or false");
  checkObject("proxyProtocol", "{ accept?, send? }", proxyProtocol);
  const { accept = false, send } = proxyProtocol;
  boolean("proxyProtocol.accept", accept);
  if (accept && listen.proxyProtocol)
    throw invalidValue("give proxyProtocol.accept or listen.proxyProtocol, not both: each reads one header");
  if (send !== undefined) integer("proxyProtocol.send", send, 1, 2);
  milliseconds("connectTimeout", connectTimeout);
  milliseconds("idleTimeout", idleTimeout);
  if (maxConnections !== Number.POSITIVE_INFINITY)
    integer("maxConnections", maxConnections, 1, Number.MAX_SAFE_INTEGER);
  return {
    listen,
    to: checkTargets(to),
    balance,
    health: health === false ? Number.POSITIVE_INFINITY : health,
    accept,
    send,
    connectTimeout,
    idleTimeout,
    maxConnections,
    faults: checkFaults(faults),
  };
}

export function checkTargets(to: ProxyTarget | readonly ProxyTarget[]): CheckedTarget[] {
  const targets = isArray(to) ? elements<ProxyTarget>("to", "an array of targets", to) : [to];
  if (targets.length === 0) throw invalidValue("to must have at least one target");
  return targets.map(checkTarget);
}

const isArray = (to: ProxyTarget | readonly ProxyTarget[]): to is readonly ProxyTarget[] => Array.isArray(to);

function checkTarget(target: ConnectOptions): CheckedTarget {
  checkObject("a target", "{ host?, port }, { path } or { address }", target);
  // Before the socket is inspected.
  if (target.socket !== undefined) throw aSocket();
  refuseOptionsOfOthers("a target", target, NOT_OF_TARGET);
  const { endpoint, options } = checkConnectOptions(target);
  if (endpoint.kind === "socket") throw aSocket();
  return { endpoint, options };
}

const aSocket = () => invalidValue("a target must be an address to connect to, not a socket");
