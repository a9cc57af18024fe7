import { CLOSE_ON_EXEC } from "../descriptor-flags.ts";
import type { AcceptQueue, System } from "../system.ts";
import { constants } from "./constants.ts";

const { AF, MSG, SOCK } = constants;

// include/uapi/linux/netlink.h, sock_diag.h and unix_diag.h.
const NETLINK_SOCK_DIAG = 4;
const SOCK_DIAG_BY_FAMILY = 20;
const NLM_F_REQUEST = 1;
const UDIAG_SHOW_RQLEN = 0x10;
const UNIX_DIAG_RQLEN = 4;
const NLMSGHDR = 16;
const UNIX_DIAG_REQ = 24;
const UNIX_DIAG_MSG = 16;

/**
 * The accept queue of the unix listener with this inode number, from netlink's sock_diag (sock_diag(7)); undefined
 * where the kernel has no sock_diag for unix sockets, or the listener is in another network namespace.
 */
export function unixSocketQueue(system: System, inode: number): AcceptQueue | undefined {
  const fd = system.socket(AF.NETLINK, SOCK.DGRAM, NETLINK_SOCK_DIAG, CLOSE_ON_EXEC);
  if (fd < 0) return undefined;
  try {
    if (system.send(fd, request(inode), 0) < 0) return undefined;
    // The kernel has answered before send returned (netlink_unicast_kernel in net/netlink/af_netlink.c).
    const reply = new Uint8Array(512);
    const length = system.recv(fd, reply, MSG.DONTWAIT);
    return length < 0 ? undefined : queueIn(reply.subarray(0, length));
  } finally {
    system.close(fd);
  }
}

function request(inode: number): Uint8Array {
  const bytes = new Uint8Array(NLMSGHDR + UNIX_DIAG_REQ);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.byteLength, true);
  view.setUint16(4, SOCK_DIAG_BY_FAMILY, true);
  view.setUint16(6, NLM_F_REQUEST, true);
  view.setUint8(NLMSGHDR, AF.UNIX);
  view.setUint32(NLMSGHDR + 4, 0xffffffff, true); // states: any
  view.setUint32(NLMSGHDR + 8, inode, true);
  view.setUint32(NLMSGHDR + 12, UDIAG_SHOW_RQLEN, true);
  view.setBigUint64(NLMSGHDR + 16, 0xffffffffffffffffn, true); // cookie: any
  return bytes;
}

/** Finds UNIX_DIAG_RQLEN among the attributes of the reply; an NLMSG_ERROR has none. */
function queueIn(reply: Uint8Array): AcceptQueue | undefined {
  const view = new DataView(reply.buffer, reply.byteOffset, reply.byteLength);
  if (reply.byteLength < NLMSGHDR + UNIX_DIAG_MSG || view.getUint16(4, true) !== SOCK_DIAG_BY_FAMILY) {
    return undefined;
  }
  let offset = NLMSGHDR + UNIX_DIAG_MSG;
  while (offset + 4 <= reply.byteLength) {
    const length = view.getUint16(offset, true);
    if (length < 4 || offset + length > reply.byteLength) return undefined;
    if (view.getUint16(offset + 2, true) === UNIX_DIAG_RQLEN && length >= 12) {
      return { pending: view.getUint32(offset + 4, true), limit: view.getUint32(offset + 8, true) };
    }
    offset += (length + 3) & ~3;
  }
  return undefined;
}
