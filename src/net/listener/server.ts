import type { Engine } from "../../engine/engine.ts";
import type { AcceptError } from "../../posix/accept.ts";
import { HandledConnection } from "../connection/handled-connection.ts";
import type { ConnectionHandlers } from "../connection/handlers.ts";
import type { CheckedListenOptions } from "../options/listen-options.ts";
import { Listening } from "./listener-base.ts";
import { ListeningCore, type Taker } from "./listening-core.ts";
import type { ListeningSockets } from "./listening-sockets.ts";

/** Hands connections to handlers, as they come. */
class Serving<State> implements Taker {
  readonly core: ListeningCore;
  readonly #handlers: ConnectionHandlers<State>;

  constructor(
    engine: Engine,
    opened: ListeningSockets,
    options: CheckedListenOptions,
    handlers: ConnectionHandlers<State>,
  ) {
    this.#handlers = handlers;
    this.core = new ListeningCore(engine, opened, options, this);
    this.core.setDemand(Number.POSITIVE_INFINITY);
  }

  taken(fd: number): void {
    const stream = new HandledConnection(this.core.engine, fd, this.core, this.#handlers);
    this.core.hold(stream);
    if (this.core.open) stream.start();
    else this.core.drop(stream);
  }

  over(): void {}

  left(): void {}

  /** Nobody waits for an answer that could be told: it is an uncaught exception. */
  failed(error: AcceptError): void {
    throw error;
  }
}

/**
 * Sockets that listen, and whose connections are served by handlers: `listen(options, handlers)`
 * gives one.
 *
 * Every connection is accepted as it comes, until `pause()`. Where descriptors or memory run out,
 * accepting is tried again after 5 milliseconds, and then ever later up to a second, or as soon as
 * a connection of the server has ended.
 *
 * It ends with `close()`, at the end of an `await using` scope, or by its signal.
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
export class Server extends Listening {
  private constructor(serving: { readonly core: ListeningCore }) {
    super(serving.core);
  }

  /** @internal */
  static serve<State>(
    engine: Engine,
    opened: ListeningSockets,
    options: CheckedListenOptions,
    handlers: ConnectionHandlers<State>,
  ): Server {
    return new Server(new Serving(engine, opened, options, handlers));
  }
}
