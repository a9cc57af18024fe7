import { SOCKET_OPTION } from "../host/socket-options.ts";
import { INIT_CWND } from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";
import { trueSize } from "./receive-queue.ts";

// How SO_SNDBUF and SO_RCVBUF limit a connection, and how Linux tunes them.

/** SOCK_SNDBUF_LOCK and SOCK_RCVBUF_LOCK: the program chose the size. */
const LOCK = { SEND: 1, RECEIVE: 2 } as const;

const isLocked = ({ socket }: ControlBlock, lock: number): boolean =>
  (socket.value(SOCKET_OPTION.BUF_LOCK) & lock) !== 0;

export const receiveBufferLocked = (tcb: ControlBlock): boolean => isLocked(tcb, LOCK.RECEIVE);

/** The window that the whole receive buffer allows: tcp_full_space(). */
export const fullSpace = ({ socket, window }: ControlBlock): number => window.fromSpace(socket.receiveBuffer);

/** The window that the free part of it allows: tcp_space(). */
export const freeSpace = ({ socket, window, receiveQueue }: ControlBlock): number =>
  window.fromSpace(socket.receiveBuffer - receiveQueue.memory);

/** Memory is charged by pages: SK_MEM_QUANTUM. */
const PAGE = 4_096;

/**
 * Brings the charge for a connection's queues up to date: sk_mem_charge() and sk_mem_uncharge().
 */
export function chargeMemory(tcb: ControlBlock): void {
  const { memory } = tcb.stack;
  const used = Math.ceil((tcb.sendQueue.memory + tcb.receiveQueue.memory) / PAGE) * PAGE;
  const more = used - tcb.charged;
  if (more === 0) return;
  if (more > 0) memory.charge(more);
  else memory.uncharge(-more);
  tcb.charged = used;
}

/** Whether the program may write more: sk_stream_memory_free(). */
export function hasSendMemory(tcb: ControlBlock): boolean {
  if (tcb.sendQueue.memory > 0 && tcb.stack.memory.exceeded) return false;
  return tcb.sendQueue.memory < tcb.socket.sendBuffer && unsent(tcb) < notsentLowat(tcb);
}

/** Whether poll() reports POLLOUT: a third of the buffer is free. */
export function isWritable(tcb: ControlBlock): boolean {
  const { memory } = tcb.sendQueue;
  const { sendBuffer } = tcb.socket;
  return (
    sendBuffer - memory >= Math.floor(memory / 2) &&
    memory < sendBuffer &&
    unsent(tcb) * 2 < notsentLowat(tcb)
  );
}

const unsent = ({ writeSeq, sndNxt }: ControlBlock): number => (writeSeq - sndNxt) >>> 0;

const notsentLowat = ({ settings: { notsentLowat: lowat }, host }: ControlBlock): number =>
  lowat || host.sysctls.get("net.ipv4.tcp_notsent_lowat");

/** Grows the send buffer with the congestion window: tcp_sndbuf_expand(). */
export function expandSendBuffer(tcb: ControlBlock): void {
  if (isLocked(tcb, LOCK.SEND)) return;
  const perSegment = powerOfTwo(Math.max(tcb.mssClamp, tcb.mssCache) + 320 + 320) + 256;
  const segments = Math.max(INIT_CWND, tcb.congestion.cwnd, tcb.recovery.reordering + 1);
  const wanted = 2 * segments * perSegment;
  const [, , most = 0] = tcb.host.sysctls.get("net.ipv4.tcp_wmem");
  if (tcb.socket.sendBuffer < wanted) tcb.socket.sendBuffer = Math.min(wanted, most);
}

const powerOfTwo = (size: number): number => 2 ** Math.ceil(Math.log2(size));

/** When the connection is established: tcp_init_buffer_space(). */
export function initBuffers(tcb: ControlBlock): void {
  const { window, advmss } = tcb;
  expandSendBuffer(tcb);
  window.space = Math.min(window.threshold, window.offered, INIT_CWND * advmss);
  const most = fullSpace(tcb);
  const reserve = tcb.host.sysctls.get("net.ipv4.tcp_app_win");
  if (window.clamp >= most) {
    window.clamp = most;
    if (reserve !== 0 && most > 4 * advmss)
      window.clamp = Math.max(most - Math.floor(most / 2 ** reserve), 4 * advmss);
  }
  if (reserve !== 0 && window.clamp > 2 * advmss && window.clamp + advmss > most)
    window.clamp = Math.max(2 * advmss, most - advmss);
  window.threshold = Math.min(window.threshold, window.clamp);
}

/**
 * Whether there is memory for another segment, after making some: tcp_try_rmem_schedule(). One
 * segment may exceed the limit.
 */
export function hasReceiveMemory(tcb: ControlBlock): boolean {
  const { receiveQueue, socket, window } = tcb;
  const { exceeded } = tcb.stack.memory;
  if (receiveQueue.memory <= socket.receiveBuffer && !exceeded) return true;
  tcb.ack.quick = 0;
  const [, , most = 0] = tcb.host.sysctls.get("net.ipv4.tcp_rmem");
  if (socket.receiveBuffer < most && !receiveBufferLocked(tcb) && !tcb.stack.memory.pressure)
    socket.receiveBuffer = Math.min(receiveQueue.memory, most);
  if (receiveQueue.memory > socket.receiveBuffer) window.threshold = Math.min(window.clamp, 2 * tcb.advmss);
  if (receiveQueue.memory <= socket.receiveBuffer && !exceeded) return true;
  receiveQueue.collapse();
  if (receiveQueue.memory <= socket.receiveBuffer && !exceeded) return true;
  if (!receiveQueue.hasGap) return false;
  // The peer retransmits what it only had SACKs for: tcp_prune_ofo_queue().
  receiveQueue.clearOutOfOrder();
  tcb.selectiveAcks.clear();
  tcb.host.counters.count("TcpExt.OfoPruned");
  return receiveQueue.memory <= socket.receiveBuffer && !exceeded;
}

/** Lets the window grow after a segment of `length` bytes: tcp_grow_window(). */
export function growWindow(tcb: ControlBlock, length: number): void {
  const { window } = tcb;
  const more = Math.min(window.clamp, freeSpace(tcb)) - window.threshold;
  if (more <= 0 || tcb.stack.memory.pressure) return;
  const size = trueSize(length);
  let by = window.fromSpace(size) <= length ? 2 * tcb.advmss : growthOf(tcb, size, length);
  if (by === 0) return;
  by = Math.max(by, 2 * length);
  window.threshold += Math.min(more, by);
  if (tcb.ack.quick === 0) tcb.ack.quick = 1;
}

/** For segments with more overhead than usual: __tcp_grow_window(). */
function growthOf({ window, ack, host }: ControlBlock, size: number, length: number): number {
  const [, , most = 0] = host.sysctls.get("net.ipv4.tcp_rmem");
  let truesize = window.fromSpace(size) >> 1;
  let limit = Math.floor(window.fromSpace(most) / 2);
  while (window.threshold <= limit) {
    if (truesize <= length) return 2 * ack.rcvMss;
    truesize >>= 1;
    limit = Math.floor(limit / 2);
  }
  return 0;
}

/**
 * The program read: if it reads more in a round trip than it used to, the receive buffer grows, so
 * that the window never limits the peer (dynamic right-sizing, tcp_rcv_space_adjust()).
 */
export function adjustReceiveBuffer(tcb: ControlBlock): void {
  const { now } = tcb;
  const { space, tuning } = tcb.window;
  if (tuning.rtt === 0 || (now - tuning.spaceAt) / 1_000 < tuning.rtt / 8) return;
  const copied = (tcb.copiedSeq - tuning.spaceSeq) >>> 0;
  if (copied > space) growReceiveBuffer(tcb, copied);
  tuning.spaceSeq = tcb.copiedSeq;
  tuning.spaceAt = now;
}

/** tcp_rcvbuf_grow(). */
function growReceiveBuffer(tcb: ControlBlock, copied: number): void {
  const { window, socket, host } = tcb;
  const before = window.space;
  window.space = copied;
  if (host.sysctls.get("net.ipv4.tcp_moderate_rcvbuf") === 0 || receiveBufferLocked(tcb)) return;
  let wanted = copied * 2;
  if (before > 0) wanted += Math.floor((wanted * (copied - before)) / before) * 2;
  const [, , most = 0] = host.sysctls.get("net.ipv4.tcp_rmem");
  const buffer = Math.min(window.toSpace(wanted), most);
  if (buffer <= socket.receiveBuffer) return;
  socket.receiveBuffer = buffer;
  window.clamp = window.fromSpace(buffer);
}

/** A round trip as the receiver sees it, in microseconds: tcp_rcv_rtt_update(). */
export function measureReceiveRtt(tcb: ControlBlock, microseconds: number, minimumOnly: boolean): void {
  const { tuning } = tcb.window;
  const sample = Math.max(1, Math.floor(microseconds));
  if (tuning.rtt === 0 || sample * 8 < tuning.rtt) tuning.rtt = sample * 8;
  else if (!minimumOnly && tcb.rcvNxt === tcb.copiedSeq) tuning.rtt += sample - Math.floor(tuning.rtt / 8);
}
