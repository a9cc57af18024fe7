import { readOption } from "../options/read-option.ts";
import { SO } from "../options/so.ts";
import type { Borrowed } from "./borrow.ts";
import { isBound, socketState } from "./socket-state.ts";
import { isIpDatagram, isTimeoutOver } from "./winsock-errno.ts";

/** Resolves an errno of the sending calls that has several meanings. */
export function sendErrorName(borrowed: Borrowed, code: string) {
  const { system, fd } = borrowed;
  const { AF, SOCK } = system.constants;
  const isStream = readOption(system, fd, SO.TYPE) === SOCK.STREAM;
  switch (code) {
    case "ECONNRESET":
      return isIpDatagram(borrowed) ? "ConnectionRefused" : "ConnectionResetByPeer";
    case "ENETRESET":
      return isIpDatagram(borrowed) ? "HostUnreachable" : "ConnectionTimedOut";
    case "ETIMEDOUT":
      return isTimeoutOver(borrowed, "sending") ? "WouldBlock" : "ConnectionTimedOut";
    case "EAGAIN": {
      // The first send binds a datagram socket; with no port left, inet_autobind in
      // net/ipv4/af_inet.c returns EAGAIN.
      const domain = readOption(system, fd, SO.DOMAIN);
      const isIp = domain === AF.INET || domain === AF.INET6;
      return isIp && !isStream && !isBound(borrowed) ? "AddressNotAvailable" : "WouldBlock";
    }
    case "ENOTCONN":
      // Linux returns it for a unix datagram socket without a peer, where POSIX specifies
      // EDESTADDRREQ.
      return readOption(system, fd, SO.TYPE) === SOCK.DGRAM
        ? "DestinationAddressRequired"
        : "SocketNotConnected";
    case "EOPNOTSUPP":
      // An unconnected unix stream returns it when given an address (unix_stream_sendmsg in
      // net/unix/af_unix.c).
      return isStream && socketState(borrowed) === "not connected"
        ? "SocketNotConnected"
        : "OperationNotSupported";
    case "EPIPE":
      // Linux returns it for a TCP socket that was never connected (sk_stream_wait_connect in
      // net/core/stream.c).
      return isStream && !hasBeenConnected(borrowed) ? "SocketNotConnected" : "BrokenPipe";
    default:
      return "Unexpected";
  }
}

function hasBeenConnected(borrowed: Borrowed): boolean {
  const state = socketState(borrowed);
  return (state !== "not connected" && state !== "listening") || borrowed.system.receivingEnded(borrowed.fd);
}
