import type { Address } from "../../address/address.ts";
import { argumentType, boolean, elements, invalidValue, kind, quoted } from "../../errors/argument.ts";
import { milliseconds } from "../abort.ts";
import { AddressList, type AddressMatcher } from "./address-list.ts";
import type { ProxyHeaderError } from "./proxy-header-error.ts";

/** Options for the PROXY protocol: see `proxyProtocol` of ListenOptions. */
export interface ProxyProtocolOptions {
  /**
   * Also serves connections without a header, with the address of their peer. Anyone who can
   * connect could then send a header: set `trusted`, or let only proxies reach the port. A client
   * that waits for the server to speak first is served after `timeout`.
   */
  readonly optional?: boolean | undefined;
  /**
   * The proxies whose headers are accepted: addresses, networks such as `10.0.0.0/8`, and `"unix"`
   * for peers on a unix socket; or a `net.BlockList`. By default, any. Other peers are refused;
   * with `optional`, they are served, and what they send is not read as a header.
   */
  readonly trusted?: readonly string[] | AddressMatcher | undefined;
  /**
   * How many milliseconds a connection may take to send its header, 5000 by default; Infinity waits
   * forever. The specification recommends at least 3 seconds, so that a lost packet can be
   * retransmitted.
   */
  readonly timeout?: number | undefined;
  /** Called for each refused connection. `stats` counts them. */
  readonly onRefused?: ((error: ProxyHeaderError) => void) | undefined;
}

/** Validated options. */
export interface CheckedProxyProtocol {
  readonly optional: boolean;
  readonly isTrusted: (peer: Address) => boolean;
  readonly timeout: number;
  readonly onRefused: ((error: ProxyHeaderError) => void) | undefined;
}

/** In milliseconds. */
const TIMEOUT = 5000;

/** Stands for peers on a unix socket, among trusted addresses. */
const UNIX = "unix";

/** Throws a TypeError or RangeError if they are malformed. */
export function checkProxyProtocol(
  given: boolean | "optional" | ProxyProtocolOptions | undefined,
): CheckedProxyProtocol | undefined {
  if (given === undefined || given === false) return undefined;
  if (typeof given === "string" && given !== "optional")
    throw argumentType(`proxyProtocol must be true, "optional" or an object, not ${quoted(given)}`);
  if (given !== true && given !== "optional" && (typeof given !== "object" || given === null))
    throw argumentType(`proxyProtocol must be true, "optional" or an object, not ${kind(given)}`);
  const options = typeof given === "object" ? given : { optional: given === "optional" };
  const { optional = false, trusted, timeout = TIMEOUT, onRefused, ...others } = options;
  // A misspelled `trusted` would trust every peer.
  const [other] = Object.keys(others);
  if (other !== undefined) throw invalidValue(`proxyProtocol has no option ${other}`);
  if (onRefused !== undefined && typeof onRefused !== "function")
    throw argumentType(`proxyProtocol.onRefused must be a function, not ${kind(onRefused)}`);
  return {
    optional: boolean("proxyProtocol.optional", optional),
    isTrusted: trusted === undefined ? () => true : trustIn(trusted),
    timeout: milliseconds("proxyProtocol.timeout", timeout),
    onRefused,
  };
}

function trustIn(trusted: readonly string[] | AddressMatcher): (peer: Address) => boolean {
  const what = "proxyProtocol.trusted";
  if (!isMatcher(trusted)) {
    const entries = elements<string>(what, "an array of addresses or a BlockList", trusted);
    const list = new AddressList(
      what,
      entries.filter((entry) => entry !== UNIX),
    );
    const hasUnix = entries.includes(UNIX);
    return (peer) => (peer.family === "unix" ? hasUnix : isIp(peer) && list.check(peer.address));
  }
  return (peer) => isIp(peer) && trusted.check(peer.address, peer.family) === true;
}

const isMatcher = (value: readonly string[] | AddressMatcher): value is AddressMatcher =>
  typeof value === "object" && value !== null && "check" in value && typeof value.check === "function";

const isIp = (peer: Address): peer is Extract<Address, { family: "ipv4" | "ipv6" }> =>
  peer.family === "ipv4" || peer.family === "ipv6";
