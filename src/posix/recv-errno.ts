import { readOption } from "../options/read-option.ts";
import { SO } from "../options/so.ts";
import type { Borrowed } from "./borrow.ts";
import { isBound, socketState } from "./socket-state.ts";
import { isIpDatagram, isTimeoutOver } from "./winsock-errno.ts";

/** Resolves an errno of the receiving calls that has several meanings. */
export function recvErrorName(borrowed: Borrowed, code: string) {
  switch (code) {
    case "ECONNRESET":
      return isIpDatagram(borrowed) ? "ConnectionRefused" : "ConnectionResetByPeer";
    case "ENETRESET":
      return isIpDatagram(borrowed) ? "HostUnreachable" : "ConnectionTimedOut";
    case "ETIMEDOUT":
      return isTimeoutOver(borrowed, "receiving") ? "WouldBlock" : "ConnectionTimedOut";
    default:
      return whyInvalid(borrowed);
  }
}

/**
 * EINVAL means an invalid flag; on a unix stream, that it is not connected
 * (unix_stream_read_generic); and for a datagram socket on Windows, that it is not bound (recvfrom,
 * WSAEINVAL).
 */
function whyInvalid(borrowed: Borrowed) {
  const { system, fd } = borrowed;
  if (isIpDatagram(borrowed) && !isBound(borrowed)) return "SocketNotBound";
  if (readOption(system, fd, SO.TYPE) !== system.constants.SOCK.STREAM) return "InvalidArgument";
  const state = socketState(borrowed);
  return state === "not connected" || state === "listening" ? "SocketNotConnected" : "InvalidArgument";
}
