import type { ProtocolHost } from "../host/protocol-host.ts";
import { ACK } from "./ack-state.ts";
import { freeSpace, fullSpace } from "./buffers.ts";
import { MAX_WINDOW, MAX_WSCALE } from "./constants.ts";
import type { ControlBlock } from "./control-block.ts";

// The window that we offer. It never shrinks, and opens only by a worthwhile amount: the receiver's
// half of silly window avoidance (RFC 9293, 3.8.6.2.2).

export interface InitialWindow {
  readonly window: number;
  readonly clamp: number;
  readonly scale: number;
}

/** The window and scale that a SYN announces: tcp_select_initial_window(). */
export function initialWindow(
  { sysctls, linux }: ProtocolHost,
  { space, mss, clamp, scaling }: { space: number; mss: number; clamp: number; scaling: boolean },
): InitialWindow {
  const limit = clamp === 0 ? 0xffff << MAX_WSCALE : clamp;
  let available = Math.min(limit, Math.max(0, space));
  if (available > mss) available -= available % mss;
  const signed = sysctls.get("net.ipv4.tcp_workaround_signed_windows") !== 0;
  const window = Math.min(available, signed ? MAX_WINDOW : linux.largestFirstWindow);
  let scale = 0;
  if (scaling) {
    const [, , most = 0] = sysctls.get("net.ipv4.tcp_rmem");
    const largest = Math.min(Math.max(available, most, sysctls.get("net.core.rmem_max")), limit);
    scale = Math.min(Math.max(Math.floor(Math.log2(Math.max(1, largest))) - 15, 0), MAX_WSCALE);
  }
  return { window, clamp: Math.min(0xffff * 2 ** scale, limit), scale };
}

/** The window that the buffer allows now: __tcp_select_window(). */
export function allowedWindow(tcb: ControlBlock): number {
  const { ack, window, rcvWscale } = tcb;
  let mss = ack.rcvMss;
  let free = freeSpace(tcb);
  const allowed = fullSpace(tcb);
  const full = Math.min(window.clamp, allowed);
  if (mss > full) {
    mss = full;
    if (mss <= 0) return 0;
  }
  const unit = 1 << rcvWscale;
  if (free < full >> 1) {
    ack.quick = 0;
    if (tcb.stack.memory.pressure) window.threshold = Math.min(window.threshold, 4 * tcb.advmss);
    free = Math.max(0, free - (free % unit));
    // Close the window before the memory is gone, not after.
    if (free < allowed >> 4 || free < mss) return 0;
  }
  free = Math.min(free, window.threshold);
  if (rcvWscale > 0) return Math.ceil(free / unit) * unit;
  const { offered } = window;
  if (offered <= free - mss || offered > free) return free - (free % mss);
  if (mss === full && free > offered + (full >> 1)) return free;
  return offered;
}

/** Chooses the window of a segment, as the header carries it: tcp_select_window(). */
export function selectWindow(tcb: ControlBlock): number {
  const { ack, window, rcvWscale, rcvNxt } = tcb;
  if ((ack.pending & ACK.NO_MEMORY) !== 0) {
    window.offered = 0;
    window.offeredAt = rcvNxt;
    return 0;
  }
  const present = window.remaining(rcvNxt);
  const unit = 1 << rcvWscale;
  let next = allowedWindow(tcb);
  if (next < present) next = Math.ceil(present / unit) * unit;
  window.offered = next;
  window.offeredAt = rcvNxt;
  const signed = rcvWscale === 0 && tcb.host.sysctls.get("net.ipv4.tcp_workaround_signed_windows") !== 0;
  return Math.floor(Math.min(next, signed ? MAX_WINDOW : 0xffff * unit) / unit);
}
