import { coded, socketClosed } from "./errors.ts";
import type { Callback } from "./internals.ts";

/** The Socket that is written to. */
interface WaitingSocket {
  readonly connecting: boolean;
  _pendingData: unknown;
  _pendingEncoding: string;
  once(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

/** A write waits until the Socket is connected, and fails once the connection has ended. */
export function waitToWrite(
  socket: WaitingSocket,
  data: unknown,
  encoding: string,
  done: Callback,
  write: () => void,
): void {
  socket._pendingData = null;
  socket._pendingEncoding = "";
  if (!socket.connecting) {
    done(socketClosed());
    return;
  }
  socket._pendingData = data;
  socket._pendingEncoding = encoding;
  const closed = () =>
    done(coded("ERR_SOCKET_CLOSED_BEFORE_CONNECTION", "Socket closed before the connection was established"));
  socket.once("connect", () => {
    socket.off("close", closed);
    socket._pendingData = null;
    socket._pendingEncoding = "";
    write();
  });
  socket.once("close", closed);
}
