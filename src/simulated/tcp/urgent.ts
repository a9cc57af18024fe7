import { constants } from "../../system/linux/constants.ts";
import { SOCKET_OPTION } from "../host/socket-options.ts";
import { TCP_FLAG, type TcpSegment } from "../ip/packet.ts";
import type { ControlBlock } from "./control-block.ts";
import { add, after, before } from "./sequence.ts";
import { UrgentByte } from "./urgent-byte.ts";

// Urgent data, as Linux has it: one byte, which the urgent pointer follows (RFC 6093).

const { POLL } = constants;

/** Whether the urgent byte stays in the stream: SO_OOBINLINE. */
export const isInline = ({ socket }: ControlBlock): boolean => socket.isSet(SOCKET_OPTION.OOBINLINE);

/** Notes the urgent pointer and byte of a segment: tcp_urg(). */
export function receiveUrgent(tcb: ControlBlock, { sequence, flags, urgentPointer, data }: TcpSegment): void {
  if ((flags & TCP_FLAG.URG) !== 0) notePointer(tcb, sequence, urgentPointer);
  const { urgent } = tcb;
  if (urgent?.state !== "awaited") return;
  const at = (urgent.sequence - sequence - ((flags & TCP_FLAG.SYN) === 0 ? 0 : 1)) >>> 0;
  const byte = data[at];
  if (byte === undefined) return;
  urgent.state = "unread";
  urgent.value = byte;
  if (!tcb.orphaned) tcb.stack.woken(tcb, POLL.IN | POLL.PRI | POLL.RDNORM);
}

/** tcp_check_urg(). */
function notePointer(tcb: ControlBlock, sequence: number, pointer: number): void {
  const standard = tcb.host.sysctls.get("net.ipv4.tcp_stdurg") !== 0;
  const at = add(sequence, pointer > 0 && !standard ? pointer - 1 : pointer);
  if (after(tcb.copiedSeq, at) || before(at, tcb.rcvNxt)) return;
  if (tcb.urgent !== undefined && !after(at, tcb.urgent.sequence)) return;
  // SIGURG, which also wakes poll().
  if (!tcb.orphaned) tcb.stack.woken(tcb, POLL.PRI);
  if (tcb.urgent?.sequence === tcb.copiedSeq && tcb.copiedSeq !== tcb.rcvNxt && !isInline(tcb)) {
    // The last urgent byte was never passed over: it does not turn into data.
    tcb.copiedSeq = add(tcb.copiedSeq, 1);
    const { head } = tcb.receiveQueue;
    if (head !== undefined && !before(tcb.copiedSeq, head.end)) tcb.receiveQueue.removeHead();
  }
  tcb.urgent = new UrgentByte(at);
}
