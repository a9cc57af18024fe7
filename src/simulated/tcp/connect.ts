import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import type { InetSocket } from "../host/inet-socket.ts";
import type { SocketAddress } from "../host/kernel-socket.ts";
import type { Route } from "../host/protocol-host.ts";
import { isAnyAddress, isLinkLocal, isMulticast, unmapped } from "../ip/address.ts";
import { TCP_FLAG } from "../ip/packet.ts";
import { fullSpace } from "./buffers.ts";
import type { ControlBlock } from "./control-block.ts";
import { newDataSent } from "./output.ts";
import { announcedMss, clampMss, initReceiveMss, syncMss } from "./path.ts";
import { startRetransmitTimer } from "./retransmit-timer.ts";
import { QueuedSegment } from "./send-queue.ts";
import { STATE } from "./state.ts";
import { transmitQueued } from "./transmit.ts";
import { initialWindow } from "./window.ts";

// The active open: where to, and the first SYN.

const { AF } = constants;
const { EAFNOSUPPORT, EINVAL, ENETUNREACH } = errnos;
const { CWR, ECE, SYN } = TCP_FLAG;
const SIN_SIZE = 16;
const SIN6_LEAST = 24;
const NOTHING = new Uint8Array(0);

/** Where connect() goes, in the text of packets. */
export interface Target {
  readonly address: string;
  readonly port: number;
  readonly scopeId: number;
}

/** The checks of tcp_v4_connect() and tcp_v6_connect() on the address. */
export function targetOf(socket: InetSocket, address: SocketAddress): Target | number {
  if (!socket.ipv6) {
    if (address.length < SIN_SIZE) return -EINVAL;
    if (address.family !== AF.INET) return -EAFNOSUPPORT;
    return { address: unspecified(socket, address.address), port: address.port, scopeId: 0 };
  }
  if (address.length < SIN6_LEAST) return -EINVAL;
  if (address.family !== AF.INET6) return -EAFNOSUPPORT;
  let { address: text } = address;
  if (text === "::") text = socket.localAddress.includes(":") ? "::1" : "::ffff:127.0.0.1";
  if (isMulticast(text)) return -ENETUNREACH;
  const ipv4 = unmapped(text);
  if (ipv4 !== undefined) {
    if (socket.v6only) return -ENETUNREACH;
    return { address: unspecified(socket, ipv4), port: address.port, scopeId: 0 };
  }
  // A socket bound to an IPv4 address cannot speak IPv6: ip6_dst_lookup_tail().
  if (!socket.localAddress.includes(":")) {
    const route = socket.host.route(text);
    return typeof route === "number" ? route : -EAFNOSUPPORT;
  }
  if (isLinkLocal(text) && address.scopeId === 0 && socket.boundInterface === 0) return -EINVAL;
  return { address: text, port: address.port, scopeId: address.scopeId };
}

/** A connection to 0.0.0.0 goes to this host: to the bound address, or loopback. */
function unspecified({ localAddress }: InetSocket, address: string): string {
  if (address !== "0.0.0.0") return address;
  return isAnyAddress(localAddress) ? "127.0.0.1" : localAddress;
}

/** A route that TCP can use, or a negative errno. */
export function routeForConnect(route: Route | number): Route | number {
  if (typeof route === "number") return route;
  return route.kind === "multicast" || route.kind === "broadcast" ? -ENETUNREACH : route;
}

/** Sends the first SYN: tcp_connect_init() and tcp_connect(). */
export function sendSyn(tcb: ControlBlock, iss: number, route: Route): void {
  const { host, window } = tcb;
  const { sysctls } = host;
  const { remoteAddress } = tcb.socket;
  tcb.sndUna = iss;
  tcb.sndNxt = iss;
  tcb.writeSeq = iss;
  tcb.sndUp = iss;
  tcb.route = undefined;
  if (tcb.settings.userMss !== 0) tcb.mssClamp = tcb.settings.userMss;
  else tcb.mssClamp = 0xffff;
  tcb.advmss = clampMss(announcedMss(route.mtu, remoteAddress), tcb.settings.userMss);
  syncMss(tcb, route.mtu);
  initReceiveMss(tcb);
  const first = initialWindow(host, {
    space: fullSpace(tcb),
    mss: tcb.advmss,
    clamp: tcb.settings.windowClamp,
    scaling: sysctls.get("net.ipv4.tcp_window_scaling") !== 0,
  });
  window.offered = first.window;
  window.clamp = first.clamp;
  window.threshold = first.window;
  tcb.rcvWscale = first.scale;
  tcb.announcedWscale = first.scale;
  tcb.rtt.rto = tcb.rtt.rto || 1e9;
  tcb.ecnOk = sysctls.get("net.ipv4.tcp_ecn") === 1;
  tcb.setState(STATE.SYN_SENT);
  tcb.beginSending();
  tcb.retransStamp = tcb.timestamp;
  const syn = new QueuedSegment(iss, SYN | (tcb.ecnOk ? ECE | CWR : 0), NOTHING);
  tcb.sendQueue.append(syn);
  tcb.writeSeq = syn.end;
  tcb.pushedSeq = syn.end;
  transmitQueued(tcb, syn);
  newDataSent(tcb, syn);
  startRetransmitTimer(tcb, "retransmit", tcb.rtt.rto);
}
