import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import type { SendRequest } from "../host/kernel-socket.ts";
import { TCP_FLAG } from "../ip/packet.ts";
import { hasSendMemory } from "./buffers.ts";
import { sizeGoal } from "./burst.ts";
import { NAGLE } from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";
import { restartAfterIdle } from "./cwnd.ts";
import { markPush, pushPending, writeTransmit } from "./output.ts";
import { currentMss } from "./path.ts";
import { QueuedSegment } from "./send-queue.ts";
import { add, after, before, later } from "./sequence.ts";
import { STATE } from "./state.ts";
import { TX_STAMPS } from "./transmit-reports.ts";

const { MSG } = constants;
const { EAGAIN, EPIPE } = errnos;
const { EOR = 0, MORE = 0 } = MSG;

/** Queues data and sends what may go: tcp_sendmsg_locked(). Returns a count or a negative errno. */
export function send(tcb: ControlBlock, { pieces, length, flags }: SendRequest): number {
  const { socket } = tcb;
  if (tcb.state !== STATE.ESTABLISHED && tcb.state !== STATE.CLOSE_WAIT) {
    if (socket.error !== 0) return socket.takeError();
    if (tcb.state !== STATE.SYN_SENT && tcb.state !== STATE.SYN_RECV) return -EPIPE;
    tcb.noSpace = true;
    return -EAGAIN;
  }
  if (socket.error !== 0 || socket.sendShutdown) return socket.takeError() || -EPIPE;
  if (length === 0) return 0;
  tcb.beginSending();
  const mss = currentMss(tcb);
  let copied = 0;
  for (const piece of pieces) {
    const queued = queue(tcb, piece, mss, flags);
    copied += queued;
    if (queued < piece.length) break;
  }
  if (copied === 0) return -EAGAIN;
  const isWhole = copied === length;
  const { tail } = tcb.sendQueue;
  if (tcb.reports !== undefined && (tcb.reports.flags & TX_STAMPS) !== 0 && tail !== undefined)
    tail.isReported = true;
  if (isWhole && (flags & EOR) !== 0 && tail !== undefined) tail.endOfRecord = true;
  push(tcb, isWhole ? flags : flags & ~MORE, mss, isWhole ? tcb.nonagle : NAGLE.PUSH);
  return copied;
}

/** tcp_push(). */
function push(tcb: ControlBlock, flags: number, mss: number, nonagle: number): void {
  const { tail } = tcb.sendQueue;
  if (tail === undefined || tcb.sendQueue.sendHead === undefined) return;
  if ((flags & MORE) === 0 || pushIsForced(tcb)) markPush(tcb, tail);
  if ((flags & MSG.OOB) !== 0) tcb.sndUp = tcb.writeSeq;
  pushPending(tcb, mss, (flags & MORE) === 0 ? nonagle : NAGLE.CORK);
}

/** Half the window was written without PSH: forced_push(). */
const pushIsForced = ({ writeSeq, pushedSeq, maxWindow }: ControlBlock): boolean =>
  after(writeSeq, add(pushedSeq, maxWindow >> 1));

/** Copies data into segments, as long as there is memory. Returns how much. */
function queue(tcb: ControlBlock, piece: Uint8Array, mss: number, flags: number): number {
  const { sendQueue } = tcb;
  let copied = 0;
  while (copied < piece.length) {
    let tail = sendQueue.sendHead === undefined ? undefined : sendQueue.tail;
    let overhead = 0;
    let pushed = 0;
    let space = tail === undefined || tail.endOfRecord ? 0 : bufferSpace(tcb, mss);
    if (tail === undefined || space === 0) {
      if (!hasSendMemory(tcb)) {
        tcb.noSpace = true;
        break;
      }
      restartAfterIdle(tcb);
      tail = undefined;
      overhead = tcb.host.linux.bufferOverhead;
      space = sizeGoal(tcb, mss);
      sendQueue.bufferStart = tcb.writeSeq;
      if (sendQueue.isEmpty) tcb.beginLimit("busy");
    } else {
      // A flag that this write has set belongs to the end of the buffer.
      if (copied > 0) pushed = tail.flags & TCP_FLAG.PSH;
      tail.flags &= ~TCP_FLAG.PSH;
    }
    const by = Math.min(space, piece.length - copied);
    fill(tcb, tail, piece.subarray(copied, copied + by), mss, overhead);
    if (pushed !== 0 && sendQueue.tail !== undefined) sendQueue.tail.flags |= pushed;
    copied += by;
    if (copied < piece.length && (flags & MSG.OOB) === 0) pushFull(tcb, mss);
  }
  return copied;
}

/** How much more fits in the last buffer; what was sent of it has left it. */
function bufferSpace(tcb: ControlBlock, mss: number): number {
  const start = later(tcb.sendQueue.bufferStart, tcb.sndNxt);
  return Math.max(0, sizeGoal(tcb, mss) - ((tcb.writeSeq - start) >>> 0));
}

/** Cuts data into segments: the last one is filled up first. */
function fill(
  tcb: ControlBlock,
  tail: QueuedSegment | undefined,
  data: Uint8Array,
  mss: number,
  overhead: number,
): void {
  const { sendQueue } = tcb;
  const first = tail === undefined ? 0 : Math.min(Math.max(0, mss - tail.length), data.length);
  if (tail !== undefined && first > 0) extend(tcb, tail, data.subarray(0, first), mss);
  if (first === data.length) return;
  // One copy, of which the segments are views.
  const own = data.slice(first);
  let cost = overhead;
  const { buffer, byteOffset, length } = own;
  for (let from = 0; from < length; from += mss) {
    // Faster than subarray(), which looks for a species.
    const view = new Uint8Array(buffer, byteOffset + from, Math.min(mss, length - from));
    const segment = new QueuedSegment(tcb.writeSeq, TCP_FLAG.ACK, view);
    segment.overhead = cost;
    cost = 0;
    sendQueue.append(segment);
    tcb.writeSeq = segment.end;
    tcb.nonagle &= ~NAGLE.PUSH;
  }
}

/** Appends to the last segment, whose buffer has space for a full one after the first time. */
function extend(tcb: ControlBlock, tail: QueuedSegment, data: Uint8Array, mss: number): void {
  const { length } = tail;
  let buffer = tail.spare;
  if (buffer === undefined || buffer.length < length + data.length) {
    buffer = new Uint8Array(mss);
    buffer.set(tail.data);
    tail.spare = buffer;
  }
  buffer.set(data, length);
  tcb.sendQueue.extendTail(tail, buffer.subarray(0, length + data.length), data.length);
  tail.flags &= ~TCP_FLAG.PSH;
  tcb.writeSeq = add(tcb.writeSeq, data.length);
}

/** A full buffer is sent while the next one is still being filled. */
function pushFull(tcb: ControlBlock, mss: number): void {
  const { tail, sendHead, bufferStart } = tcb.sendQueue;
  if (tail === undefined || sendHead === undefined || bufferSpace(tcb, mss) > 0) return;
  if (pushIsForced(tcb)) {
    markPush(tcb, tail);
    pushPending(tcb, mss, NAGLE.PUSH);
  } else if (!before(sendHead.sequence, bufferStart)) {
    writeTransmit(tcb, mss, NAGLE.PUSH, "one");
  }
}
