import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import { isWritable } from "./buffers.ts";
import type { ControlBlock } from "./control-block.ts";
import { before, distance } from "./sequence.ts";
import { isOneOf, STATE, states } from "./state.ts";
import { isInline } from "./urgent.ts";

// The results of poll() and ioctl() for a connection.

const { POLL } = constants;
const { EINVAL } = errnos;

const CONNECTING = states(STATE.SYN_SENT, STATE.SYN_RECV);
const READABLE = POLL.IN | POLL.RDNORM;
const WRITABLE = POLL.OUT | POLL.WRNORM;

/** tcp_poll(). */
export function connectionEvents(tcb: ControlBlock): number {
  const { state, socket } = tcb;
  const { receiveShutdown, sendShutdown } = socket;
  let events = 0;
  if ((receiveShutdown && sendShutdown) || state === STATE.CLOSE) events |= POLL.HUP;
  if (receiveShutdown) events |= READABLE | (POLL.RDHUP ?? 0);
  if (!isOneOf(state, CONNECTING)) {
    if (isReadable(tcb)) events |= READABLE;
    if (sendShutdown || isWritable(tcb)) events |= WRITABLE;
    else tcb.noSpace = true;
    if (tcb.urgent?.state === "unread") events |= POLL.PRI;
  }
  if (socket.error !== 0 || tcb.reports?.isEmpty === false) events |= POLL.ERR;
  return events;
}

/** Whether there is as much as SO_RCVLOWAT asks for: tcp_stream_is_readable(). */
export function isReadable(tcb: ControlBlock): boolean {
  const available = (tcb.rcvNxt - tcb.copiedSeq) | 0;
  if (available <= 0) return false;
  let target = tcb.socket.receiveLowWater;
  if (isAtMark(tcb) && !isInline(tcb)) target += 1;
  return available >= target || tcb.window.remaining(tcb.rcvNxt) <= tcb.ack.rcvMss;
}

/** SIOCATMARK. */
export const isAtMark = ({ urgent, copiedSeq }: ControlBlock): boolean => urgent?.sequence === copiedSeq;

/** SIOCINQ: tcp_inq(). */
export function unreadBytes(tcb: ControlBlock): number {
  if (isOneOf(tcb.state, CONNECTING)) return 0;
  const { rcvNxt, copiedSeq, urgent } = tcb;
  const unread = (rcvNxt - copiedSeq) >>> 0;
  if (urgent !== undefined && !isInline(tcb)) {
    const ahead = distance(copiedSeq, urgent.sequence);
    if (ahead >= 0 && before(urgent.sequence, rcvNxt)) return ahead;
  }
  return tcb.finReceived && unread > 0 ? unread - 1 : unread;
}

/** SIOCOUTQ and SIOCOUTQNSD: tcp_ioctl(). */
export function unacknowledgedBytes({ state, writeSeq, sndUna, sndNxt }: ControlBlock): {
  readonly queued: number;
  readonly unsent: number;
} {
  if (state === STATE.LISTEN) return { queued: -EINVAL, unsent: -EINVAL };
  if (state === STATE.SYN_SENT || state === STATE.SYN_RECV) return { queued: 0, unsent: 0 };
  return { queued: distance(sndUna, writeSeq), unsent: distance(sndNxt, writeSeq) };
}
