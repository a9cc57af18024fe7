import type { Cmsg } from "../../control/cmsg.ts";
import { options } from "../../system/linux/options.ts";
import type { ControlBlock } from "./control-block.ts";
import { distance } from "./sequence.ts";

/** TCP_CM_INQ: what is left to read, or 1 for the end (tcp_inq_hint()). */
export function unreadControl(tcb: ControlBlock): Cmsg {
  const unread = Math.max(0, distance(tcb.copiedSeq, tcb.rcvNxt));
  const left = unread === 0 && tcb.finReceived ? 1 : unread;
  const { level, number } = options.TCP_INQ;
  return { level, number, data: new Uint8Array(Int32Array.of(left).buffer) };
}
