import type { Pointer } from "../../native/library.ts";
import * as libc from "./libc.ts";

/**
 * sendmmsg(2) of as many struct mmsghdr at an address; returns how many were sent, or a negative
 * errno. Safety: they, and everything they point to, must be mapped during the call.
 */
export function sendmmsgAt(fd: number, messages: Pointer, count: number, flags: number): number {
  const returned = libc.sendmmsg(fd, messages, count, flags);
  return returned === -1 ? -libc.errno() : returned;
}
