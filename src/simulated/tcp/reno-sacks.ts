import type { ControlBlock } from "./control-block.ts";

// Without SACK, duplicate acknowledgments are counted instead: each means that one segment arrived.

/** A duplicate acknowledgment: tcp_add_reno_sack(). */
export function addRenoSack(tcb: ControlBlock, duplicates: number): void {
  const { sendQueue, statistics } = tcb;
  if (duplicates === 0) return;
  const before = sendQueue.sackedOut;
  sendQueue.sackedOut += duplicates;
  checkReordering(tcb, 0);
  statistics.delivered += Math.max(0, sendQueue.sackedOut - before);
}

/** Segments were acknowledged: tcp_remove_reno_sacks(). */
export function removeRenoSacks(tcb: ControlBlock, acked: number): void {
  const { sendQueue, statistics } = tcb;
  if (acked > 0) {
    // One filled the hole; the others had caused the duplicates.
    statistics.delivered += Math.max(acked - sendQueue.sackedOut, 1);
    sendQueue.sackedOut = acked - 1 >= sendQueue.sackedOut ? 0 : sendQueue.sackedOut - (acked - 1);
  }
  checkReordering(tcb, acked);
}

export function resetRenoSacks({ sendQueue }: ControlBlock): void {
  sendQueue.sackedOut = 0;
}

/** More duplicates than segments can have caused: packets were reordered. */
function checkReordering({ sendQueue, recovery, host }: ControlBlock, more: number): void {
  const holes = Math.min(Math.max(sendQueue.lostOut, 1), sendQueue.packetsOut);
  if (sendQueue.sackedOut + holes <= sendQueue.packetsOut) return;
  sendQueue.sackedOut = sendQueue.packetsOut - holes;
  recovery.reordering = Math.min(
    sendQueue.packetsOut + more,
    host.sysctls.get("net.ipv4.tcp_max_reordering"),
  );
  recovery.reorderingSeen += 1;
}
