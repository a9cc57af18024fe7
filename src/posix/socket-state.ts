import { decodeAddress } from "../address/sockaddr.ts";
import { readOption } from "../options/read-option.ts";
import { SO } from "../options/so.ts";
import type { SocketState } from "../system/system.ts";
import type { Borrowed } from "./borrow.ts";

/** Queries a socket's state. */
export function socketState({ system, fd }: Borrowed): SocketState {
  if (readOption(system, fd, SO.ACCEPTCONN)) return "listening";
  const tcp = system.tcpState(fd);
  if (tcp !== undefined) return tcp;
  return system.getpeername(fd, system.address) >= 0 ? "connected" : "not connected";
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
