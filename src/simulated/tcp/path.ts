import type { Route } from "../host/protocol-host.ts";
import { versionOf } from "../ip/address.ts";
import {
  HEADER,
  MIN_MSS,
  MSS_DEFAULT,
  NUM_SACKS,
  SACK_BASE_ALIGNED,
  SACK_PERBLOCK,
  TSTAMP_ALIGNED,
} from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";

// The way to the peer, its MTU, and how much a segment can carry.

/** The header of IPv6 is this much longer. */
const IPV6_EXTRA = 20;

/** The route of a connection, or a negative errno. */
export function routeOf(tcb: ControlBlock): Route | number {
  const { now } = tcb;
  if (tcb.route !== undefined && now < tcb.route.expires) return tcb.route.route;
  const route = tcb.socket.routeTo(tcb.socket.remoteAddress);
  if (typeof route === "number") {
    tcb.route = undefined;
    return route;
  }
  tcb.route = tcb.stack.routes.of(route, now);
  return tcb.route.route;
}

/** Asks the host for the route again next time: __sk_dst_reset(). */
export function forgetRoute(tcb: ControlBlock): void {
  tcb.route = undefined;
}

/** The bytes of the headers before the options: IP's and TCP's. */
const headersTo = (address: string): number => HEADER + HEADER + (versionOf(address) === 6 ? IPV6_EXTRA : 0);

/** The MSS to announce for an MTU: ipv4_default_advmss(), ip6_default_advmss(). */
export function announcedMss(mtu: number, address: string): number {
  const mss = Math.min(mtu, 65_535) - headersTo(address);
  return versionOf(address) === 4 ? Math.max(mss, 256) : mss;
}

/** TCP_MAXSEG limits what we announce: tcp_mss_clamp(). */
export const clampMss = (mss: number, userMss: number): number =>
  userMss !== 0 && userMss < mss ? userMss : mss;

/** The bytes of the options of every segment, but SACK blocks. */
export const optionsLength = ({ timestampsOk }: ControlBlock): number => (timestampsOk ? TSTAMP_ALIGNED : 0);

/** The bytes of the SACK blocks of the next segment. */
export function sackLength(tcb: ControlBlock): number {
  const { selectiveAcks } = tcb;
  if (selectiveAcks.isEmpty) return 0;
  const blocks = Math.min(selectiveAcks.total, sackLimit(tcb));
  return blocks === 0 ? 0 : SACK_BASE_ALIGNED + blocks * SACK_PERBLOCK;
}

/** How many SACK blocks fit beside the timestamps. */
export const sackLimit = ({ timestampsOk }: ControlBlock): number =>
  timestampsOk ? NUM_SACKS - 1 : NUM_SACKS;

/** The bytes of data that fit in a packet of an MTU: tcp_mtu_to_mss(). */
function mtuToMss(tcb: ControlBlock, mtu: number): number {
  const mss = Math.min(mtu - headersTo(tcb.socket.remoteAddress), tcb.mssClamp);
  return Math.max(mss, tcb.host.sysctls.get("net.ipv4.tcp_min_snd_mss")) - optionsLength(tcb);
}

/** Adapts to an MTU of the path: tcp_sync_mss(). */
export function syncMss(tcb: ControlBlock, mtu: number): number {
  const mss = boundToHalfWindow(tcb, mtuToMss(tcb, mtu));
  tcb.pmtu = mtu;
  tcb.mssCache = mss;
  return mss;
}

/** A segment of more than half the peer's window would wait for all of it to open. */
function boundToHalfWindow({ maxWindow, timestampsOk }: ControlBlock, size: number): number {
  const cutoff = maxWindow > MSS_DEFAULT ? maxWindow >> 1 : maxWindow;
  if (cutoff === 0 || size <= cutoff) return size;
  return Math.max(cutoff, 68 - HEADER - (timestampsOk ? TSTAMP_ALIGNED : 0));
}

/** The bytes that the next segment can carry: tcp_current_mss(). */
export function currentMss(tcb: ControlBlock): number {
  const route = routeOf(tcb);
  const mss = typeof route !== "number" && route.mtu !== tcb.pmtu ? syncMss(tcb, route.mtu) : tcb.mssCache;
  return mss - sackLength(tcb);
}

/** The first guess of the peer's segment size, rather too low: tcp_initialize_rcv_mss(). */
export function initReceiveMss(tcb: ControlBlock): void {
  const hint = Math.min(tcb.advmss, tcb.mssCache, tcb.window.offered >> 1, MSS_DEFAULT);
  tcb.ack.rcvMss = Math.max(hint, MIN_MSS);
}
