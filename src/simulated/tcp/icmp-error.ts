import { constants } from "../../system/linux/constants.ts";
import { icmpErrno } from "../host/icmp-errnos.ts";
import { IP_OPTION, IPV6_OPTION } from "../host/ip-options.ts";
import { ICMP, ICMPV6, reportedMtu } from "../ip/icmp.ts";
import type { IcmpMessage, Packet } from "../ip/packet.ts";
import type { ControlBlock } from "./control-block.ts";
import { currentSsthresh } from "./cwnd.ts";
import { abort } from "./lifecycle.ts";
import { currentMss, forgetRoute, routeOf, syncMss } from "./path.ts";
import { markLost } from "./rack.ts";
import { CA } from "./recovery-state.ts";
import { setCaState } from "./reduction.ts";
import { retransmitLost } from "./retransmit.ts";
import { startRetransmitTimer } from "./retransmit-timer.ts";
import { between } from "./sequence.ts";
import { STATE } from "./state.ts";

// ICMP errors about segments of a connection: tcp_v4_err() and tcp_v6_err(). Most only explain a
// timeout that comes later; a router's word ends no connection (RFC 1122, 4.2.3.9; RFC 5927).

const { POLL } = constants;
/** An error about a segment with this sequence number. */
export function receiveError(tcb: ControlBlock, about: Packet, message: IcmpMessage, sequence: number): void {
  if (tcb.state === STATE.CLOSE || tcb.state === STATE.LISTEN) return;
  if (!between(sequence, tcb.sndUna, tcb.sndNxt)) {
    tcb.host.counters.count("TcpExt.OutOfWindowIcmps");
    return;
  }
  if (reportedMtu(about, message) !== undefined) {
    mtuReduced(tcb);
    return;
  }
  const errno = icmpErrno(about.version, message.type, message.code)?.errno;
  if (errno === undefined) return;
  if (isRouting(about, message)) revertBackoff(tcb, sequence);
  if (tcb.state === STATE.SYN_SENT || tcb.state === STATE.SYN_RECV) {
    abort(tcb, errno);
    return;
  }
  const option = about.version === 4 ? IP_OPTION.RECVERR : IPV6_OPTION.RECVERR;
  if (tcb.socket.isSet(option)) {
    tcb.socket.error = errno;
    if (!tcb.orphaned) tcb.stack.woken(tcb, POLL.ERR);
  } else {
    tcb.softError = errno;
  }
}

/** Routing fails at present, rather than the peer. */
const isRouting = ({ version }: Packet, { type, code }: IcmpMessage): boolean =>
  version === 4
    ? type === ICMP.UNREACHABLE && (code === ICMP.NET_UNREACHABLE || code === ICMP.HOST_UNREACHABLE)
    : type === ICMPV6.UNREACHABLE && code === ICMPV6.NO_ROUTE;

/**
 * The loss was not congestion: undoes one doubling of the timeout (RFC 6069). tcp_ld_RTO_revert().
 */
function revertBackoff(tcb: ControlBlock, sequence: number): void {
  const { rtt, sendQueue, now } = tcb;
  const first = sendQueue.firstSent;
  if (sequence !== tcb.sndUna || tcb.retransmits === 0 || rtt.backoff === 0 || first === undefined) return;
  rtt.backoff -= 1;
  const base = rtt.smoothed === 0 ? 1e9 : rtt.base(tcb.greatestRto);
  rtt.rto = Math.min(base * 2 ** rtt.backoff, tcb.greatestRto);
  const left = rtt.rto - (now - first.sentAt);
  startRetransmitTimer(tcb, "retransmit", Math.max(0, left));
}

/** The path takes only smaller packets: tcp_v4_mtu_reduced() and tcp_simple_retransmit(). */
function mtuReduced(tcb: ControlBlock): void {
  forgetRoute(tcb);
  const route = routeOf(tcb);
  if (typeof route === "number" || tcb.pmtu <= route.mtu) return;
  syncMss(tcb, route.mtu);
  const mss = currentMss(tcb);
  const { sendQueue, recovery, congestion } = tcb;
  for (
    let segment = sendQueue.firstSent;
    segment !== undefined && segment !== sendQueue.sendHead;
    segment = segment.next
  )
    if (segment.length > mss) markLost(tcb, segment);
  if (sendQueue.lostOut === 0) return;
  // Not congestion: the window stays, in smaller segments.
  if (recovery.state !== CA.LOSS) {
    recovery.highSeq = tcb.sndNxt;
    congestion.ssthresh = currentSsthresh(tcb);
    recovery.priorSsthresh = 0;
    recovery.undoMarker = 0;
    setCaState(tcb, CA.LOSS);
  }
  retransmitLost(tcb);
}
