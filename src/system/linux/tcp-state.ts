import type { SocketState, System } from "../system.ts";
import { options } from "./options.ts";

// include/net/tcp_states.h
const TCP_ESTABLISHED = 1;
const TCP_SYN_SENT = 2;
const TCP_SYN_RECV = 3;
const TCP_CLOSE = 7;
const TCP_CLOSE_WAIT = 8;
const TCP_LISTEN = 10;

/** TCP_INFO begins with tcpi_state, a byte; a shorter length than the structure's is allowed. */
export function tcpState(system: System, fd: number): SocketState | undefined {
  const { level, number } = options.TCP_INFO;
  system.option.length = 4;
  if (system.getsockopt(fd, level, number, system.option) < 0) return undefined;
  switch (system.option.bytes[0]) {
    case TCP_ESTABLISHED:
    case TCP_CLOSE_WAIT:
      return "connected";
    case TCP_SYN_SENT:
    case TCP_SYN_RECV:
      return "connecting";
    case TCP_LISTEN:
      return "listening";
    case TCP_CLOSE:
      return "not connected";
    default:
      return "shut down";
  }
}
