import { close } from "../posix/close.ts";
import { AF, SOCK } from "../posix/constants.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { recv } from "../posix/recv.ts";
import { send } from "../posix/send.ts";
import { trySocket } from "../posix/socket.ts";
import { host } from "../system/host.ts";
import { SOCK_DIAG_BY_FAMILY } from "../system/linux/inet-diag.ts";
import {
  decodeNetlinkMessages,
  encodeNetlinkMessage,
  NETLINK_SOCK_DIAG,
  NLM_F,
  NLMSG,
} from "../system/linux/netlink.ts";

/** The most that a kernel puts into one datagram of a dump (NL_SKB_CAP in netlink_dump, net/netlink/af_netlink.c). */
const DATAGRAM = 32_768;

/**
 * What the kernel tells of every socket that matches a request, as the payloads of its messages; undefined where it has
 * no sock_diag for them, or the process may have no netlink socket.
 */
export const dump = (payload: Uint8Array): Uint8Array[] | undefined =>
  converse(payload, NLM_F.REQUEST | NLM_F.DUMP, untilDone);

/** What the kernel tells of the one socket that a request names; undefined where there is none. */
export const ask = (payload: Uint8Array): Uint8Array | undefined =>
  converse(payload, NLM_F.REQUEST, (netlink) => told(netlink)[0]);

function converse<Told>(
  payload: Uint8Array,
  flags: number,
  hear: (netlink: Socket) => Told | undefined,
): Told | undefined {
  if (host.name !== "linux") return undefined;
  const opened = trySocket(AF.NETLINK, SOCK.RAW, NETLINK_SOCK_DIAG);
  if (!opened.ok) return undefined;
  const netlink = opened.value;
  try {
    send(netlink, encodeNetlinkMessage({ type: SOCK_DIAG_BY_FAMILY, flags, payload }));
    return hear(netlink);
  } finally {
    close(netlink);
  }
}

/** A dump is many datagrams, of many messages each; the last says so. An error is all there is. */
function untilDone(netlink: Socket): Uint8Array[] | undefined {
  const payloads: Uint8Array[] = [];
  const datagram = new Uint8Array(DATAGRAM);
  for (;;) {
    const length = recv(netlink, datagram);
    for (const { type, payload } of decodeNetlinkMessages(datagram.subarray(0, length))) {
      if (type === NLMSG.DONE) return payloads;
      if (type === NLMSG.ERROR) return undefined;
      payloads.push(payload.slice());
    }
  }
}

/** The answer to a request of one socket: one datagram, an error where there is none. */
function told(netlink: Socket): Uint8Array[] {
  const datagram = new Uint8Array(DATAGRAM);
  const length = recv(netlink, datagram);
  return decodeNetlinkMessages(datagram.subarray(0, length))
    .filter(({ type }) => type === SOCK_DIAG_BY_FAMILY)
    .map(({ payload }) => payload);
}
