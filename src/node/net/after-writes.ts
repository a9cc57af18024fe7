import type { Clock } from "../../clock/clock.ts";

/** How many turns of the event loop may send nothing before the system's buffer counts as full. */
const TURNS = 3;

/** A connection that sends. */
export interface Sending {
  readonly system: { readonly clock: Clock };
  readonly bytesWritten: number;
  readonly pendingBytes: number;
  /** Whether the callback of a write waits. */
  readonly isWriting: boolean;
}

/**
 * Calls back in a later turn, once no write waits, or the system's buffer is full. libuv writes
 * immediately what the system takes, so there the program has written that much before it is
 * notified of the peer's end.
 */
export function afterWrites(connection: Sending, call: () => void, turns = TURNS): void {
  const sent = sentBytes(connection);
  connection.system.clock.setImmediate(() => {
    const left = sentBytes(connection) > sent ? TURNS : turns - 1;
    if (connection.isWriting && left > 0) afterWrites(connection, call, left);
    else call();
  });
}

const sentBytes = ({ bytesWritten, pendingBytes }: Sending): number => bytesWritten - pendingBytes;
