import { decodeAddress } from "../address/sockaddr.ts";
import { readOnly } from "../options/option.ts";
import { SO } from "../options/so.ts";
import type { Borrowed } from "./borrow.ts";
import { readOption } from "./read-option.ts";

/** What a socket is to connect() and listen(), where one errno says several things. */
export type SocketState = "connected" | "connecting" | "listening" | "not connected" | "shut down";

// include/net/tcp_states.h
const TCP_ESTABLISHED = 1;
const TCP_SYN_SENT = 2;
const TCP_SYN_RECV = 3;
const TCP_CLOSE = 7;
const TCP_CLOSE_WAIT = 8;
const TCP_LISTEN = 10;

/** TCP_INFO begins with tcpi_state; a shorter length than the structure's is allowed. */
const state = readOnly("TCP_INFO", { size: 4, decode: (value) => value.bytes[0] ?? 0 });

/** Asks the kernel what a socket is. */
export function socketState(borrowed: Borrowed): SocketState {
  const { system, fd } = borrowed;
  if (readOption(system, fd, SO.ACCEPTCONN)) return "listening";
  const tcp = tcpState(borrowed);
  if (tcp !== undefined) return tcp;
  return system.getpeername(fd, system.address) >= 0 ? "connected" : "not connected";
}

/** Undefined for another protocol than TCP. */
function tcpState({ system, fd }: Borrowed): SocketState | undefined {
  switch (readOption(system, fd, state)) {
    case undefined:
      return undefined;
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

/**
 * Whether receiving has ended: the peer's end arrived, the connection was reset, or we shut it down. A socket that was never
 * connected hangs up too, but not this way (tcp_poll in net/ipv4/tcp.c).
 */
export function isShutDown({ system, fd }: Borrowed): boolean {
  const { RDHUP } = system.constants.POLL;
  const entry = { fd, events: RDHUP, revents: 0 };
  return system.poll([entry], 0) > 0 && (entry.revents & RDHUP) !== 0;
}

/** Whether a socket has a local address: a port, or a name. */
export function isBound({ system, fd }: Borrowed): boolean {
  if (system.getsockname(fd, system.address) < 0) return false;
  const address = decodeAddress(system, system.address);
  if (address.family === "netlink") return address.pid !== 0;
  if (address.family === "packet") return address.protocol !== 0 || address.ifindex !== 0;
  // VMADDR_PORT_ANY, include/uapi/linux/vm_sockets.h.
  if (address.family === "vsock") return address.port !== 0xffffffff;
  if ("port" in address) return address.port !== 0;
  if ("path" in address) return address.path.length > 0;
  return "data" in address && address.data.some((byte) => byte !== 0);
}
