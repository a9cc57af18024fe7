import { errnos } from "../../system/linux/errno.ts";
import { SECOND } from "../clock/virtual-clock.ts";
import { Refused } from "./simple-option.ts";

// SO_RCVTIMEO and SO_SNDTIMEO: struct timeval in, nanoseconds kept.

/** sock_set_timeout(): zero is no limit, and a negative time does not wait at all. */
export function readTimeout(value: Uint8Array): number | Refused {
  if (value.length < 16) return new Refused(-errnos.EINVAL);
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const seconds = view.getInt32(4, true) * 2 ** 32 + view.getUint32(0, true);
  const microseconds = view.getInt32(12, true) * 2 ** 32 + view.getUint32(8, true);
  if (microseconds < 0 || microseconds >= 1_000_000) return new Refused(-errnos.EDOM);
  if (seconds < 0) return 0;
  const total = seconds * SECOND + microseconds * 1_000;
  return total === 0 || seconds >= MAX_SCHEDULE_TIMEOUT / HZ - 1 ? Number.POSITIVE_INFINITY : total;
}

/**
 * struct timeval; zero for no limit, as sock_get_timeout(). Times round up to ticks of CONFIG_HZ.
 */
export function timeval(timeout: number): Uint8Array {
  const bytes = new Uint8Array(16);
  if (timeout === Number.POSITIVE_INFINITY) return bytes;
  const view = new DataView(bytes.buffer);
  const ticks = Math.ceil(timeout / TICK);
  view.setUint32(0, Math.floor(ticks / HZ) % 2 ** 32, true);
  view.setUint32(4, Math.floor(ticks / HZ / 2 ** 32), true);
  view.setUint32(8, (ticks % HZ) * (1_000_000 / HZ), true);
  return bytes;
}

/** CONFIG_HZ of Debian's and Ubuntu's kernels. */
const HZ = 250;
const TICK = SECOND / HZ;
const MAX_SCHEDULE_TIMEOUT = 2 ** 63;
