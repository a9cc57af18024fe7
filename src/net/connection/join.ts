import { invalidValue } from "../../errors/argument.ts";
import { checkWait, onAbort, throwIfAborted, type WaitOptions } from "../abort.ts";
import { type ConnectionBase, checkConnection } from "./connection-base.ts";
import { checkPipe, type Pipe, startPipe } from "./pipe.ts";

/** How many bytes `join()` has sent. */
export interface JoinResult {
  /** From the first connection to the second. */
  readonly aToB: number;
  /** From the second to the first. */
  readonly bToA: number;
}

/**
 * Connects two connections: `pipe()` in both directions. Each direction ends on its own, and both
 * connections are closed once both directions have ended.
 *
 * @param options `signal` and `timeout` reset both connections
 * @returns how many bytes were sent each way
 * @throws the errors of `pipe()`; a failure of either connection resets both
 * @example
 * ```ts
 * import { connect, join, listen } from "berkeley";
 * await using server = await listen({ host: "127.0.0.1" }, {
 *   data: (connection, bytes) => connection.write(bytes),
 * });
 * const proxy = await listen({ host: "127.0.0.1" }, {
 *   async open(client) {
 *     client.pause();
 *     await join(client, await connect({ address: server.address }, {})).catch(() => client.reset());
 *   },
 * });
 * const client = await connect({ address: proxy.address });
 * await client.end("through the proxy");
 * for await (const bytes of client) console.log(`${Buffer.from(bytes)}`); // through the proxy
 * await proxy.close({ drain: 1000 });
 * ```
 */
export async function join(
  a: ConnectionBase,
  b: ConnectionBase,
  options: WaitOptions = {},
): Promise<JoinResult> {
  const wait = checkWait(options);
  throwIfAborted(wait.signal);
  const [forth, back] = startJoin(a, b);
  const stop = onAbort(a.socket.system.clock, "join()", wait, (reason) => {
    // One of them may have ended.
    forth.abort(reason);
    back.abort(reason);
  });
  try {
    await Promise.all([forth.untilEnded(), back.untilEnded()]);
  } finally {
    stop();
  }
  return { aToB: forth.bytes, bToA: back.bytes };
}

/** `join()`, with counts that can be read meanwhile. Starts both pipes or none. @internal */
export function startJoin(a: ConnectionBase, b: ConnectionBase): readonly [forth: Pipe, back: Pipe] {
  checkConnection(a);
  checkConnection(b);
  if (a === b) throw invalidValue("join() needs two different connections; to echo, use pipe()");
  checkPipe(a, b);
  checkPipe(b, a);
  return [startPipe(a, b), startPipe(b, a)];
}
