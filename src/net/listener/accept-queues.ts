// The accept queues of one listener, which has a socket for each of its addresses.
import { type AcceptQueue, acceptQueue, effectiveBacklog } from "../../posix/accept-queue.ts";
import type { BorrowedSocket } from "../../posix/borrowed-socket.ts";

/** The backlog of each of the sockets. */
export interface Backlog {
  /** The requested backlog; undefined if the socket was already listening and kept its own. */
  readonly requested: number | undefined;
  /** The backlog that the system granted; undefined if it does not say. */
  readonly effective: number | undefined;
}

/** The backlog of listening sockets, which were all asked for the same one. */
export function backlogOf([first]: readonly BorrowedSocket[], requested: number | undefined): Backlog {
  return { requested, effective: first === undefined ? undefined : effectiveBacklog(first) };
}

/** The sum of the accept queues; undefined if the system reports none, or no socket is open. */
export function queueOf(sockets: readonly BorrowedSocket[]): AcceptQueue | undefined {
  const queues = sockets.map(acceptQueue).filter((queue) => queue !== undefined);
  if (queues.length === 0) return undefined;
  const sum = (of: "pending" | "limit") => queues.reduce((total, queue) => total + queue[of], 0);
  return { pending: sum("pending"), limit: sum("limit") };
}
