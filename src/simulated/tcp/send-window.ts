import type { ControlBlock } from "./control-block.ts";
import { after } from "./sequence.ts";

/** Whether an acknowledgment changes the window that the peer offers: tcp_may_update_window(). */
export const mayUpdateWindow = (
  { sndUna, sndWl1, sndWnd }: ControlBlock,
  acknowledgment: number,
  sequence: number,
  window: number,
): boolean =>
  after(acknowledgment, sndUna) ||
  after(sequence, sndWl1) ||
  (sequence === sndWl1 && (window > sndWnd || window === 0));
