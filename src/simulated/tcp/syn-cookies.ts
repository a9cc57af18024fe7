import { SECOND } from "../clock/virtual-clock.ts";
import type { TcpSegment } from "../ip/packet.ts";
import type { Ends } from "./connection-table.ts";

// SYN cookies: when the SYN queue is full, the state of a request is encoded in the sequence number
// and the timestamp of the SYN-ACK, and returns with the peer's acknowledgment
// (net/ipv4/syncookies.c).

/** Computes hashes with a secret. */
export interface CookieSecrets {
  cookie(ends: Ends, count: number, which: 0 | 1): number;
}

/** A cookie is good for this many periods. */
const MAX_AGE = 2;
const PERIOD = 60 * SECOND;
const BITS = 24;
const MASK = 2 ** BITS - 1;
/** The MSS that a cookie can carry, for IPv4 and IPv6. */
const MSS_TABLE = { 4: [536, 1300, 1440, 1460], 6: [1220, 1420, 1440, 9000 - 60] } as const;

/** Bits of the timestamp that hold options. */
const TS_MASK = 0x3f;
const TS_WSCALE = 0xf;
const TS_SACK = 0x10;
const TS_ECN = 0x20;

export interface CookieOptions {
  /** undefined without window scaling. */
  readonly windowScale: number | undefined;
  readonly sack: boolean;
  readonly ecn: boolean;
}

const tableOf = ({ localAddress }: Ends): readonly number[] => MSS_TABLE[localAddress.includes(":") ? 6 : 4];

/** The initial sequence number that answers a SYN: secure_tcp_syn_cookie(). */
export function makeCookie(
  secrets: CookieSecrets,
  ends: Ends,
  { sequence }: Pick<TcpSegment, "sequence">,
  mss: number,
  now: number,
): { readonly cookie: number; readonly mss: number } {
  const table = tableOf(ends);
  const index = Math.max(
    0,
    table.findLastIndex((entry) => entry <= mss),
  );
  const count = Math.floor(now / PERIOD);
  const body = (secrets.cookie(ends, count, 1) + index) & MASK;
  const cookie = (secrets.cookie(ends, 0, 0) + sequence + count * 2 ** BITS + body) | 0;
  return { cookie, mss: table[index] ?? mss };
}

/** The MSS in a returned cookie; undefined if it is not one of ours: check_tcp_syn_cookie(). */
export function checkCookie(
  secrets: CookieSecrets,
  ends: Ends,
  { sequence, acknowledgment }: Pick<TcpSegment, "sequence" | "acknowledgment">,
  now: number,
): number | undefined {
  const peerSequence = (sequence - 1) >>> 0;
  const cookie = (acknowledgment - 1 - secrets.cookie(ends, 0, 0) - peerSequence) >>> 0;
  const count = Math.floor(now / PERIOD);
  const age = (count - (cookie >>> BITS)) & (0xffffffff >>> BITS);
  if (age >= MAX_AGE) return undefined;
  const index = (cookie - secrets.cookie(ends, count - age, 1)) & MASK;
  return tableOf(ends)[index];
}

/** The timestamp that carries the options, not after `now`: cookie_init_timestamp(). */
export function cookieTimestamp({ windowScale, sack, ecn }: CookieOptions, now: number): number {
  const options = (windowScale ?? TS_WSCALE) | (sack ? TS_SACK : 0) | (ecn ? TS_ECN : 0);
  const timestamp = (now & ~TS_MASK) | options;
  return (timestamp > now ? timestamp - (TS_MASK + 1) : timestamp) >>> 0;
}

/** The options in the returned timestamp: cookie_timestamp_decode(). */
export function cookieOptions(echo: number | undefined): CookieOptions {
  if (echo === undefined) return { windowScale: undefined, sack: false, ecn: false };
  const windowScale = echo & TS_WSCALE;
  return {
    windowScale: windowScale === TS_WSCALE ? undefined : windowScale,
    sack: (echo & TS_SACK) !== 0,
    ecn: (echo & TS_ECN) !== 0,
  };
}
