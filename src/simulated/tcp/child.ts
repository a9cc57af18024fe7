import { MICROSECOND } from "../clock/virtual-clock.ts";
import type { ControlBlock } from "./control-block.ts";
import { announcedMss, clampMss, initReceiveMss, routeOf, syncMss } from "./path.ts";
import type { PendingConnection } from "./pending-connection.ts";
import { add } from "./sequence.ts";
import { STATE } from "./state.ts";

/**
 * Fills the control block of a connection that a request became: tcp_create_openreq_child().
 * `peerWindow` is in the header of the segment that acknowledged it.
 */
export function openChild(
  tcb: ControlBlock,
  listener: ControlBlock,
  request: PendingConnection,
  peerWindow: number,
): void {
  const { agreement } = request;
  const { host } = tcb;
  const next = add(request.iss, 1);
  tcb.sndUna = next;
  tcb.sndNxt = next;
  tcb.writeSeq = next;
  tcb.sndUp = next;
  tcb.sndWl1 = request.irs;
  tcb.rcvNxt = add(request.irs, 1);
  tcb.copiedSeq = tcb.rcvNxt;
  tcb.rtt.sequence = next;
  const { window } = tcb;
  window.offeredAt = tcb.rcvNxt;
  window.offered = request.window;
  window.clamp = request.windowClamp;
  window.threshold = request.window;
  tcb.timestampsOk = agreement.timestamps;
  tcb.tsOffset = request.tsOffset;
  tcb.tsRecent = request.tsRecent;
  tcb.tsRecentAt = request.tsRecentAt;
  tcb.sackOk = agreement.sack;
  tcb.windowScalingOk = agreement.sndWscale !== undefined;
  tcb.sndWscale = agreement.sndWscale ?? 0;
  tcb.sndWnd = peerWindow << tcb.sndWscale;
  tcb.maxWindow = tcb.sndWnd;
  tcb.rcvWscale = agreement.sndWscale === undefined ? 0 : agreement.rcvWscale;
  if (!tcb.windowScalingOk) window.clamp = Math.min(window.clamp, 0xffff);
  tcb.ecnOk = agreement.ecn;
  tcb.mssClamp = agreement.mss;
  inheritOptions(tcb, listener);
  // inet_csk_clone_lock() clears the accept queue, which has it.
  if (tcb.settings.deferAccept !== 0) tcb.configure({ deferAccept: 0 });
  const route = routeOf(tcb);
  const mtu = typeof route === "number" ? 1_500 : route.mtu;
  tcb.advmss = clampMss(announcedMss(mtu, request.remoteAddress), tcb.settings.userMss);
  syncMss(tcb, mtu);
  initReceiveMss(tcb);
  tcb.ack.lastReceived = host.clock.now;
  tcb.rcvTstamp = host.clock.now;
  if (request.retransmissions > 0) tcb.statistics.countTrouble().totalRetrans = request.retransmissions;
  if (request.retransmissions === 0) {
    const { rtt, now } = tcb;
    const elapsed = (now - request.sentAt) / MICROSECOND;
    rtt.noteMinimum(Math.max(1, Math.floor(elapsed)), tcb.milliseconds, 300_000);
    rtt.measure(elapsed, next, next, tcb.leastRto / MICROSECOND);
    rtt.rto = rtt.base(tcb.greatestRto);
  } else if (request.sentAt !== host.clock.now) {
    tcb.beginSending();
    tcb.retransStamp = request.firstTsval;
    tcb.recovery.undoMarker = request.iss;
  }
  tcb.unaccepted = true;
  tcb.setState(STATE.SYN_RECV);
}

/**
 * The settings that a connection inherits from its listener, or a socket from its earlier
 * connection.
 */
export function inheritOptions(tcb: ControlBlock, from: ControlBlock): void {
  tcb.settings = from.settings;
  tcb.nonagle = from.nonagle;
}
