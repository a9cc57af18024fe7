import type { MessageHeader } from "./system.ts";

/**
 * recvmmsg() and sendmmsg() for a system that lacks them: one message after the other; only the
 * first may fail the call.
 */
export function messageByMessage(
  messages: readonly MessageHeader[],
  call: (message: MessageHeader) => number,
): number {
  for (const [done, message] of messages.entries()) {
    const returned = call(message);
    if (returned < 0) return done === 0 ? returned : done;
    message.bytes = returned;
  }
  return messages.length;
}
