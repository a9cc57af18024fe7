import type { AcceptQueue, System } from "../system.ts";
import { constants } from "./constants.ts";
import { options } from "./options.ts";
import { unixSocketQueue } from "./sock-diag.ts";

const { AF, IPPROTO, SOCK } = constants;

// struct tcp_info, include/uapi/linux/tcp.h. For a listener, tcp_get_info() in net/ipv4/tcp.c fills
// these two with sk_ack_backlog and sk_max_ack_backlog.
const TCPI_STATE = 0;
const TCPI_UNACKED = 24;
const TCPI_SACKED = 28;
const TCP_LISTEN = 10;

/**
 * The length of a listener's accept queue: TCP reports it in TCP_INFO, unix sockets through
 * netlink.
 */
export function acceptQueue(system: System, fd: number): AcceptQueue | undefined {
  if (int(system, fd, "SO_ACCEPTCONN") !== 1) return undefined;
  const domain = int(system, fd, "SO_DOMAIN");
  if (domain === AF.UNIX) {
    const file = system.identity(fd);
    return file === null ? undefined : unixSocketQueue(system, file.inode);
  }
  const protocol = int(system, fd, "SO_PROTOCOL");
  const isTcp = protocol === IPPROTO.TCP || protocol === IPPROTO.MPTCP;
  if ((domain !== AF.INET && domain !== AF.INET6) || int(system, fd, "SO_TYPE") !== SOCK.STREAM || !isTcp) {
    return undefined;
  }
  const { option } = system;
  if (getsockopt(system, fd, "TCP_INFO", TCPI_SACKED + 4) < 0) return undefined;
  if (option.view.getUint8(TCPI_STATE) !== TCP_LISTEN) return undefined;
  return {
    pending: option.view.getUint32(TCPI_UNACKED, true),
    limit: option.view.getUint32(TCPI_SACKED, true),
  };
}

function int(system: System, fd: number, name: keyof typeof options): number | undefined {
  return getsockopt(system, fd, name, 4) < 0 ? undefined : system.option.ints[0];
}

function getsockopt(system: System, fd: number, name: keyof typeof options, length: number): number {
  const { level, number } = options[name];
  system.option.length = length;
  return system.getsockopt(fd, level, number, system.option);
}
