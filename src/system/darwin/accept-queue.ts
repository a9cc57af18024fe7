import type { AcceptQueue } from "../system.ts";
import { options } from "./options.ts";
import type { SocketInfo } from "./socket-info.ts";

/**
 * What waits in a listener's accept queue. There is no SO_LISTENQLEN here: the kernel tells it of
 * the socket's file.
 */
export function acceptQueue(info: SocketInfo | undefined): AcceptQueue | undefined {
  if (info === undefined || (info.options & options.SO_ACCEPTCONN.number) === 0) return undefined;
  // so_qlen counts those that are not established yet, too (sonewconn_internal in
  // bsd/kern/uipc_socket2.c).
  return { pending: info.qlen - info.incqlen, limit: info.qlimit };
}
