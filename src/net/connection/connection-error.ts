import { type RecvError, type RecvErrorName, recvErrors } from "../../posix/recv.ts";
import { type SendError, sendErrors } from "../../posix/send.ts";
import { host } from "../../system/host.ts";

/** The errors that can end a connection: those of `recv()` and `send()`. */
export type ConnectionError = RecvError | SendError;

/**
 * Converts the negative errno of a connection. Only sending fails with EPIPE; the others mean the
 * same in both calls.
 */
export function connectionError(errno: number): ConnectionError {
  const { error } =
    host.errnoName(-errno) === "EPIPE"
      ? sendErrors.failure(host, errno, { ask: () => "BrokenPipe" })
      : recvErrors.failure(host, errno, { ask: whatOfStream });
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
export const receivingClosed = (): RecvError => recvErrors.fail(host, "SocketClosed").error;

/** The error of sending to a connection that this side has closed. */
export const sendingClosed = (): SendError => sendErrors.fail(host, "SocketClosed").error;
