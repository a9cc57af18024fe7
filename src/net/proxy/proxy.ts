import { engineOf } from "../../engine/engines.ts";
import { currentSystem } from "../../system/current.ts";
import { listen } from "../listener/listen.ts";
import { checkProxyOptions, type ProxyOptions } from "./proxy-options.ts";
import { ProxyServer } from "./proxy-server.ts";

/**
 * Starts a proxy: it listens, connects to a target for each connection, and forwards data, ends and
 * resets both ways. The data never reaches JavaScript, unless faults are set.
 *
 * A client that no target accepts is reset. To restart without refusing a connection, listen on a
 * socket that `berkeley hold` keeps open, or pass `proxy.listener` to `handOver()`. `setTargets()`
 * changes the targets of a running proxy.
 *
 * @param options where to listen and where to connect: see ProxyOptions
 * @throws the errors of `listen()`
 * @throws TypeError or RangeError if an option is malformed, before any call
 * @example
 * ```ts
 * import { connect, listen, proxy } from "berkeley";
 * const server = await listen({ host: "127.0.0.1" }, {
 *   data: (connection, bytes) => connection.write(bytes),
 * });
 * const between = await proxy({
 *   listen: { host: "127.0.0.1" },
 *   to: { address: server.address },
 *   faults: { latency: 20 },
 * });
 * const client = await connect({ address: between.address });
 * await client.end("slowly");
 * for await (const bytes of client) console.log(`${Buffer.from(bytes)}`); // slowly
 * between.setFaults({ refuse: true });
 * await between.close({ drain: 1000 });
 * await server.close({ drain: 1000 });
 * ```
 */
export async function proxy(options: ProxyOptions): Promise<ProxyServer> {
  const checked = checkProxyOptions(options);
  const { listen: where } = checked;
  const server = new ProxyServer(engineOf(currentSystem(), where.engine), checked);
  server.start(await listen(where, server.handlers));
  return server;
}
