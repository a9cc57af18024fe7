import { SO } from "../options/so.ts";
import type { Borrowed } from "./borrow.ts";
import { readOption } from "./read-option.ts";
import type { RecvErrorName } from "./recv.ts";
import { socketState } from "./socket-state.ts";

/** EINVAL says that a flag is not valid; and, of a unix stream, that it is not connected (unix_stream_read_generic). */
export function whyNotReceived(borrowed: Borrowed): RecvErrorName {
  const { system, fd } = borrowed;
  if (readOption(system, fd, SO.TYPE) !== system.constants.SOCK.STREAM) return "InvalidArgument";
  const state = socketState(borrowed);
  return state === "not connected" || state === "listening" ? "SocketNotConnected" : "InvalidArgument";
}
