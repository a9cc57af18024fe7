import { type RecvError, type RecvErrorName, recvErrors } from "../../posix/recv.ts";
import { type SendError, sendErrors } from "../../posix/send.ts";
import { host } from "../../system/host.ts";

/** What can end a connection: an error of `recv()` or of `send()`. */
export type ConnectionError = RecvError | SendError;

/**
 * The failure that a negative errno of a connection stands for. Only sending has EPIPE; the others
 * mean the same in both calls.
 */
export function connectionError(errno: number): ConnectionError {
  const { error } =
    host.errnoName(-errno) === "EPIPE"
      ? sendErrors.failure(host, errno, { ask: () => "BrokenPipe" })
      : recvErrors.failure(host, errno, { ask: whatOfStream });
  return error;
}

/**
 * What an errno says of a stream that says several things; for datagrams see
 * posix/why-not-received.ts.
 */
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

/** Receiving from a connection that we have closed. */
export const receivingClosed = (): RecvError => recvErrors.fail(host, "SocketClosed").error;

/** Sending to a connection that we have closed. */
export const sendingClosed = (): SendError => sendErrors.fail(host, "SocketClosed").error;
