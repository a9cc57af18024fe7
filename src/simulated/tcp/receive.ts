import { constants } from "../../system/linux/constants.ts";
import type { TcpSegment } from "../ip/packet.ts";
import { TCP_FLAG } from "../ip/packet.ts";
import { ACK } from "./ack-state.ts";
import { growWindow, hasReceiveMemory } from "./buffers.ts";
import type { ControlBlock } from "./control-block.ts";
import { dataReceived, measureSegmentSize, sendCompressedAck } from "./delayed-ack.ts";
import { ReceivedSegment } from "./receive-queue.ts";
import { add, after, before, distance, fromPacket } from "./sequence.ts";
import { STATE } from "./state.ts";
import { sendAck } from "./transmit.ts";

// The text of segments that arrive (RFC 9293, 3.10.7.4, seventh step): tcp_data_queue().

const { POLL } = constants;
/** Blocks that a sender needs to see soon. */
const EXPECTED_BLOCKS = 2;

/** Queues the data and FIN of a segment that lies in the window, at least in part. */
export function receiveData(tcb: ControlBlock, segment: TcpSegment, end: number): void {
  const { window, receiveQueue, rcvNxt } = tcb;
  const sequence = fromPacket(segment.sequence);
  if (sequence === end) return;
  const space = window.remaining(rcvNxt);
  if (sequence === rcvNxt) {
    // A bare FIN fits in any window.
    if (space === 0 && segment.data.length > 0) {
      tcb.host.counters.count("TcpExt.TCPZeroWindowDrop");
      acknowledgeQuickly(tcb);
      return;
    }
    receiveInOrder(tcb, segment, 0);
    return;
  }
  if (!after(end, rcvNxt)) {
    // A retransmission of what is here already.
    tcb.host.counters.count("TcpExt.DelayedACKLost");
    setDuplicate(tcb, sequence, end);
    acknowledgeQuickly(tcb);
    return;
  }
  if (!before(sequence, add(rcvNxt, space))) {
    acknowledgeQuickly(tcb);
    return;
  }
  if (before(sequence, rcvNxt)) {
    setDuplicate(tcb, sequence, rcvNxt);
    if (space === 0) acknowledgeQuickly(tcb);
    else receiveInOrder(tcb, segment, distance(sequence, rcvNxt));
    return;
  }
  receiveOutOfOrder(tcb, segment, end, receiveQueue.hasGap);
}

/** Something is wrong, so the peer gets an acknowledgment soon. */
function acknowledgeQuickly({ ack, window }: ControlBlock): void {
  ack.beQuick(window.offered);
  ack.schedule();
}

/** `skip` is how many bytes of the segment are here already. */
function receiveInOrder(tcb: ControlBlock, segment: TcpSegment, skip: number): void {
  const { ack, selectiveAcks } = tcb;
  const receiveQueue = tcb.ownReceiveQueue();
  const data = skip === 0 ? segment.data : segment.data.subarray(skip);
  const fin = (segment.flags & TCP_FLAG.FIN) !== 0;
  if (!hasReceiveMemory(tcb)) {
    ack.pending |= ACK.NO_MEMORY | ACK.NOW;
    ack.schedule();
    dataReady(tcb);
    if (!receiveQueue.isEmpty && data.length > 0) {
      tcb.host.counters.count("TcpExt.TCPRcvQDrop");
      return;
    }
  }
  const received = new ReceivedSegment(tcb.rcvNxt, data, fin);
  tcb.rcvNxt = received.end;
  tcb.statistics.countData().bytesReceived += data.length;
  if (data.length > 0) {
    receiveQueue.append(received);
    dataReceived(tcb, segment);
  }
  if (fin) receiveFin(tcb);
  if (receiveQueue.hasGap) {
    takeReached(tcb);
    // A gap was filled: RFC 5681, 4.2.
    if (!receiveQueue.hasGap) ack.pending |= ACK.NOW;
  }
  if (selectiveAcks.count > 0) selectiveAcks.removeBefore(tcb.rcvNxt, !receiveQueue.hasGap);
  dataReady(tcb);
}

/** Moves what the in-order data has reached: tcp_ofo_queue(). */
function takeReached(tcb: ControlBlock): void {
  const { receiveQueue } = tcb;
  const onDuplicate = (left: number, right: number): void => extendDuplicate(tcb, left, right);
  for (;;) {
    const next = receiveQueue.takeReached(tcb.rcvNxt, onDuplicate);
    if (next === undefined) return;
    tcb.rcvNxt = next.end;
    tcb.statistics.countData().bytesReceived += next.data.length;
    if (next.data.length > 0) receiveQueue.append(next);
    if (next.fin) {
      receiveFin(tcb);
      return;
    }
  }
}

/** Poll sees data once there is as much as SO_RCVLOWAT asks for: tcp_data_ready(). */
function dataReady(tcb: ControlBlock): void {
  if (tcb.orphaned) return;
  const unread = (tcb.rcvNxt - tcb.copiedSeq) >>> 0;
  const { receiveShutdown, receiveLowWater } = tcb.socket;
  if (unread < receiveLowWater && !receiveShutdown && tcb.receiveQueue.memory <= tcb.socket.receiveBuffer)
    return;
  tcb.stack.woken(tcb, POLL.IN | POLL.RDNORM);
}

function receiveOutOfOrder(tcb: ControlBlock, segment: TcpSegment, end: number, hadGap: boolean): void {
  const { ack, statistics } = tcb;
  const { data } = segment;
  const sequence = fromPacket(segment.sequence);
  if (!hasReceiveMemory(tcb)) {
    tcb.host.counters.count("TcpExt.TCPOFODrop");
    dataReady(tcb);
    return;
  }
  measureSegmentSize(tcb, segment);
  ack.schedule();
  statistics.countTrouble().receivedOutOfOrder += 1;
  const received = new ReceivedSegment(sequence, data, (segment.flags & TCP_FLAG.FIN) !== 0);
  tcb.ownReceiveQueue().insert(received, (left, right) => {
    extendDuplicate(tcb, left, right);
  });
  if (!tcb.sackOk) return;
  const rank = tcb.ownSelectiveAcks().add(sequence, end);
  if (hadGap && rank >= EXPECTED_BLOCKS) sendCompressedAck(tcb);
  growWindow(tcb, data.length);
}

const reportsDuplicates = (tcb: ControlBlock): boolean =>
  tcb.sackOk && tcb.host.sysctls.get("net.ipv4.tcp_dsack") !== 0;

export function setDuplicate(tcb: ControlBlock, left: number, right: number): void {
  if (reportsDuplicates(tcb)) tcb.ownSelectiveAcks().setDuplicate(left, right);
}

function extendDuplicate(tcb: ControlBlock, left: number, right: number): void {
  if (reportsDuplicates(tcb)) tcb.ownSelectiveAcks().extendDuplicate(left, right);
}

/** The peer sends no more (RFC 9293, 3.10.7.4, eighth step): tcp_fin(). */
function receiveFin(tcb: ControlBlock): void {
  const { socket, ack } = tcb;
  ack.schedule();
  socket.receiveShutdown = true;
  tcb.finReceived = true;
  switch (tcb.state) {
    case STATE.SYN_RECV:
    case STATE.ESTABLISHED:
      tcb.setState(STATE.CLOSE_WAIT);
      ack.beInteractive();
      break;
    case STATE.FIN_WAIT1:
      sendAck(tcb);
      tcb.setState(STATE.CLOSING);
      break;
    case STATE.FIN_WAIT2:
      sendAck(tcb);
      tcb.stack.timeWait(tcb, STATE.TIME_WAIT, 0);
      break;
    default:
      break;
  }
  tcb.receiveQueue.clearOutOfOrder();
  tcb.selectiveAcks.clear();
  if (!tcb.orphaned)
    tcb.stack.woken(tcb, POLL.IN | POLL.RDNORM | POLL.RDHUP | (socket.sendShutdown ? POLL.HUP : 0));
}
