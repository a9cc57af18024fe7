import type { Duplex } from "node:stream";

/** A Socket, which has the parser while it is in use. */
type ParsedSocket = Duplex & { readonly parser?: unknown };

/**
 * Whether the HTTP parser is the only listener of a Socket, and nothing is buffered, so that
 * skipping `push()` goes unnoticed. `push()` costs more than parsing a request: it schedules a tick
 * that calls `read()` and `_read()`. The first chunk is always pushed, to record that data was
 * read.
 */
export function isParsedAlone(socket: ParsedSocket): boolean {
  return (
    socket.parser != null &&
    socket.readableFlowing === true &&
    socket.readableLength === 0 &&
    socket.readableDidRead &&
    socket.readableEncoding === null &&
    socket.listenerCount("data") === 1
  );
}

/** Whether a Socket waits in an agent for the next request. */
export function isFreeInAgent(socket: Duplex): boolean {
  return socket.listenerCount("agentRemove") > 0 && !Reflect.get(socket, "_httpMessage");
}
