import { stateOf } from "../bsd/tcp-state.ts";
import type { SocketState, System } from "../system.ts";

/** netinet/tcp.h. */
export const TCP_INFO = { level: 6, number: 32 };

/**
 * struct tcp_info begins with tcpi_state, a byte; a shorter length than the structure's is allowed
 * (sooptcopyout).
 */
export function tcpState(system: System, fd: number): SocketState | undefined {
  system.option.length = 4;
  if (system.getsockopt(fd, TCP_INFO.level, TCP_INFO.number, system.option) < 0) return undefined;
  return stateOf(system.option.view.getUint8(0));
}
