import type { SocketState } from "../system.ts";
import type { Winsock } from "./ws2_32.ts";

// mstcpip.h: SIO_TCP_INFO, of Windows 10 1703, whose TCP_INFO_v0 begins with a TCPSTATE.
const SIO_TCP_INFO = 0xd8000027;
const TCP_INFO_V0_SIZE = 88;
const TCPSTATE_CLOSED = 0;
const TCPSTATE_LISTEN = 1;
const TCPSTATE_SYN_SENT = 2;
const TCPSTATE_SYN_RCVD = 3;
const TCPSTATE_ESTABLISHED = 4;
const TCPSTATE_CLOSE_WAIT = 7;

/** Undefined if Windows is older, or the socket is not TCP. */
export function tcpState(winsock: Winsock, socket: number): SocketState | undefined {
  const info = new Uint8Array(TCP_INFO_V0_SIZE);
  const version = new Uint8Array(4);
  const returned = new Uint8Array(4);
  if (winsock.WSAIoctl(socket, SIO_TCP_INFO, version, 4, info, info.byteLength, returned, null, null) !== 0) {
    return undefined;
  }
  switch (new DataView(info.buffer).getInt32(0, true)) {
    case TCPSTATE_ESTABLISHED:
    case TCPSTATE_CLOSE_WAIT:
      return "connected";
    case TCPSTATE_SYN_SENT:
    case TCPSTATE_SYN_RCVD:
      return "connecting";
    case TCPSTATE_LISTEN:
      return "listening";
    case TCPSTATE_CLOSED:
      return "not connected";
    default:
      return "shut down";
  }
}
