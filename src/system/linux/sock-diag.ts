import { CLOSE_ON_EXEC } from "../descriptor-flags.ts";
import type { AcceptQueue, System } from "../system.ts";
import { constants } from "./constants.ts";
import { SOCK_DIAG_BY_FAMILY } from "./inet-diag.ts";
import { decodeNetlinkMessages, encodeNetlinkMessage, NETLINK_SOCK_DIAG, NLM_F } from "./netlink.ts";
import { ANY_STATE, decodeUnixDiagMessage, encodeUnixDiagRequest, UDIAG_SHOW } from "./unix-diag.ts";

const { AF, MSG, SOCK } = constants;

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
  const payload = encodeUnixDiagRequest({ states: ANY_STATE, inode, show: UDIAG_SHOW.RQLEN });
  return encodeNetlinkMessage({ type: SOCK_DIAG_BY_FAMILY, flags: NLM_F.REQUEST, payload });
}

/** An NLMSG_ERROR has no queue. */
function queueIn(reply: Uint8Array): AcceptQueue | undefined {
  const [message] = decodeNetlinkMessages(reply);
  return message?.type === SOCK_DIAG_BY_FAMILY ? decodeUnixDiagMessage(message.payload)?.queue : undefined;
}
