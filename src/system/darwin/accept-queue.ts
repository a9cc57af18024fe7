import type { AcceptQueue } from "../system.ts";
import { options } from "./options.ts";
import type { SocketInfo } from "./socket-info.ts";

/**
 * The length of a listener's accept queue. macOS has no SO_LISTENQLEN; the kernel reports it with
 * the socket's file.
 */
export function acceptQueue(info: SocketInfo | undefined): AcceptQueue | undefined {
  if (info === undefined || (info.options & options.SO_ACCEPTCONN.number) === 0) return undefined;
  // so_qlen also counts connections that are not established yet (sonewconn_internal in
  // bsd/kern/uipc_socket2.c).
  return { pending: info.qlen - info.incqlen, limit: info.qlimit };
}
