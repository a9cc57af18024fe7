import { CLOSE_ON_EXEC } from "../descriptor-flags.ts";
import type { AcceptQueue, System } from "../system.ts";
import { constants } from "./constants.ts";
import { SOCK_DIAG_BY_FAMILY } from "./inet-diag.ts";
import {
  decodeNetlinkMessages,
  encodeNetlinkMessage,
  NETLINK_SOCK_DIAG,
  type NetlinkMessage,
  NLM_F,
  NLMSG,
} from "./netlink.ts";
import { ANY_STATE, decodeUnixDiagMessage, encodeUnixDiagRequest, UDIAG_SHOW } from "./unix-diag.ts";

const { AF, MSG, SOCK } = constants;

/**
 * The most that a kernel puts into one datagram of a dump (NL_SKB_CAP in netlink_dump,
 * net/netlink/af_netlink.c).
 */
const DATAGRAM = 32_768;

/**
 * The payloads of the kernel's messages about every socket that matches a request (sock_diag(7));
 * undefined if it has no sock_diag for them, or the process may not open a netlink socket.
 */
export const dump = (system: System, payload: Uint8Array): Uint8Array[] | undefined =>
  converse(system, payload, NLM_F.REQUEST | NLM_F.DUMP, (fd) => untilDone(system, fd));

/** The kernel's information about the socket that a request names; undefined if there is none. */
export const ask = (system: System, payload: Uint8Array): Uint8Array | undefined =>
  converse(system, payload, NLM_F.REQUEST, (fd) => {
    const [message] = receive(system, fd, new Uint8Array(DATAGRAM)) ?? [];
    return message?.type === SOCK_DIAG_BY_FAMILY ? message.payload : undefined;
  });

/**
 * The accept queue of the unix listener with this inode number; undefined if the kernel has no
 * sock_diag for unix sockets, or the listener is in another network namespace.
 */
export function unixSocketQueue(system: System, inode: number): AcceptQueue | undefined {
  const payload = ask(system, encodeUnixDiagRequest({ states: ANY_STATE, inode, show: UDIAG_SHOW.RQLEN }));
  return payload === undefined ? undefined : decodeUnixDiagMessage(payload)?.queue;
}

function converse<Told>(
  system: System,
  payload: Uint8Array,
  flags: number,
  hear: (fd: number) => Told | undefined,
): Told | undefined {
  const fd = system.socket(AF.NETLINK, SOCK.RAW, NETLINK_SOCK_DIAG, CLOSE_ON_EXEC);
  if (fd < 0) return undefined;
  try {
    const request = encodeNetlinkMessage({ type: SOCK_DIAG_BY_FAMILY, flags, payload });
    return system.send(fd, request, 0) < 0 ? undefined : hear(fd);
  } finally {
    system.close(fd);
  }
}

/**
 * A dump consists of many datagrams with many messages each, and ends with a message that says so.
 * An error is the only message.
 */
function untilDone(system: System, fd: number): Uint8Array[] | undefined {
  const payloads: Uint8Array[] = [];
  const datagram = new Uint8Array(DATAGRAM);
  for (;;) {
    const messages = receive(system, fd, datagram);
    if (messages === undefined) return undefined;
    for (const { type, payload } of messages) {
      if (type === NLMSG.DONE) return payloads;
      if (type === NLMSG.ERROR) return undefined;
      payloads.push(payload.slice());
    }
  }
}

/**
 * The messages of one datagram. The kernel has answered before send() returned
 * (netlink_unicast_kernel in net/netlink/af_netlink.c), and produces the next part of a dump when
 * one is received (netlink_recvmsg).
 */
function receive(system: System, fd: number, datagram: Uint8Array): NetlinkMessage[] | undefined {
  const length = system.recv(fd, datagram, MSG.DONTWAIT);
  return length < 0 ? undefined : decodeNetlinkMessages(datagram.subarray(0, length));
}
