import { constants } from "../../system/linux/constants.ts";
import type { ReceiveRequest } from "../host/kernel-socket.ts";
import { scatter } from "../host/pieces.ts";
import type { UnixMessage } from "./message.ts";

const { MSG } = constants;

/** How a socket handles a received message. */
export interface Receiving {
  /** Returns its control messages. */
  pass(message: UnixMessage, peeks: boolean): void;
  /** Removes it from the queue. */
  consume(): void;
}

/** Receives the first message of a queue: __unix_dgram_recvmsg(). Undefined if there is none. */
export function receiveMessage(
  request: ReceiveRequest,
  queue: readonly UnixMessage[],
  { pass, consume }: Receiving,
): number | undefined {
  const [message] = queue;
  if (message === undefined) return undefined;
  const { data } = message;
  const peeks = (request.flags & MSG.PEEK) !== 0;
  const copied = scatter(data, request.pieces);
  if (copied < data.length) request.outFlags |= MSG.TRUNC;
  request.address = message.from;
  pass(message, peeks);
  if (!peeks) {
    message.files = [];
    consume();
  }
  return request.flags & MSG.TRUNC ? data.length : copied;
}
