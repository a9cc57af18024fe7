import type { Engine } from "../../engine/engine.ts";
import { HandledConnection } from "../connection/handled-connection.ts";
import type { ConnectionHandlers } from "../connection/handlers.ts";
import type { CheckedListenOptions } from "../options/listen-options.ts";
import type { ProxyInfo } from "../proxy-protocol/proxy-info.ts";
import { ListenerBase, type StopReason } from "./listener-base.ts";
import type { ListeningSockets } from "./listening-sockets.ts";

/**
 * Listening sockets whose connections are served by handlers: `listen(options, handlers)` returns
 * one.
 *
 * It accepts every connection as it arrives, until `pause()`. When descriptors or memory run out,
 * it retries after 5 milliseconds, then after growing delays of up to a second, or as soon as one
 * of the server's connections ends.
 *
 * It is closed by `close()`, at the end of an `await using` scope, or by its signal.
 *
 * @example
 * ```ts
 * import { connect, listen } from "berkeley";
 * const server = await listen({ host: "127.0.0.1" }, { open: (connection) => connection.end("hello") });
 * server.pause();
 * const client = await connect({ address: server.address });
 * console.log(server.stats.accepted); // 0
 * server.resume();
 * console.log(`${Buffer.from((await client.read()) ?? [])}`); // hello
 * await client.close();
 * // Connections have a second to end.
 * await server.close({ drain: 1000 });
 * ```
 */
export class Server extends ListenerBase {
  readonly #handlers: ConnectionHandlers<unknown>;

  /** @internal */
  constructor(
    engine: Engine,
    opened: ListeningSockets,
    options: CheckedListenOptions,
    handlers: ConnectionHandlers<unknown>,
  ) {
    super(engine, opened, options);
    this.#handlers = handlers;
    this.setDemand(Number.POSITIVE_INFINITY);
  }

  /** @internal */
  protected override onDescriptor(fd: number, info: ProxyInfo | undefined): void {
    const connection = new HandledConnection(this.engine, fd, this, this.#handlers);
    if (info !== undefined) connection.setProxyInfo(info);
    this.hold(connection);
    if (this.closed) this.drop(connection);
    else connection.start();
  }

  /** A Server accepts every connection anyway. @internal */
  protected override replaceDemand(): void {}

  /** @internal */
  protected override onStop(reason: StopReason): void {
    // No call is pending that could reject, so this is an uncaught exception.
    if (reason.kind === "failed") throw reason.error;
  }
}
