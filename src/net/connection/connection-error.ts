import { type RecvError, type RecvErrorName, recvErrors } from "../../posix/recv.ts";
import { type SendError, sendErrors } from "../../posix/send.ts";
import type { System } from "../../system/system.ts";

/** The errors that can end a connection: those of `recv()` and `send()`. */
export type ConnectionError = RecvError | SendError;

/**
 * Converts the negative errno of a connection. Only sending fails with EPIPE; the others mean the
 * same in both calls.
 */
export function connectionError(system: System, errno: number): ConnectionError {
  const { error } =
    system.errnoName(-errno) === "EPIPE"
      ? sendErrors.failure(system, errno, { ask: () => "BrokenPipe" })
      : recvErrors.failure(system, errno, { ask: whatOfStream });
  return error;
}

/** Resolves errnos with several meanings for a stream; for datagrams see posix/recv-errno.ts. */
function whatOfStream(code: string): RecvErrorName {
  switch (code) {
    case "ECONNRESET":
      return "ConnectionResetByPeer";
    case "ENETRESET":
    case "ETIMEDOUT":
      return "ConnectionTimedOut";
    case "EINVAL":
      return "InvalidArgument";
    default:
      return "Unexpected";
  }
}

/** The error of receiving from a connection that this side has closed. */
export const receivingClosed = (system: System): RecvError => recvErrors.fail(system, "SocketClosed").error;

/** The error of sending to a connection that this side has closed. */
export const sendingClosed = (system: System): SendError => sendErrors.fail(system, "SocketClosed").error;
