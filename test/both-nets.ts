// Tests that both node:net and berkeley/net must pass.
import { once } from "node:events";
import nodeNet from "node:net";
import ourNet from "../src/node/net/index.ts";
import { netTest, nodeTest } from "./engine/net-test.ts";
import type { Fixture } from "./fixture.ts";

export type Net = typeof nodeNet;

/** Runs a test on node:net, and on berkeley/net with each engine. */
export function both(what: string, run: (net: Net, folder: () => string) => Promise<void>): void {
  const runRow = async (net: Net, fixture: Fixture) => {
    try {
      await run(net, () => fixture.folder());
    } finally {
      for (const server of open) server.close();
      open.clear();
    }
  };
  netTest(`berkeley/net: ${what}`, (fixture) => runRow(ourNet, fixture));
  nodeTest(`node:net: ${what}`, (fixture) => runRow(nodeNet, fixture));
}

/** The servers of the running test. */
const open = new Set<nodeNet.Server>();

export async function listening(server: nodeNet.Server, ...args: [] | [string]): Promise<number> {
  open.add(server);
  if (args.length === 0) server.listen(0, "127.0.0.1");
  else server.listen(...args);
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

export async function closed(server: nodeNet.Server): Promise<void> {
  server.close();
  await once(server, "close");
}

/** Lists an emitter's events in order; `shown` formats their arguments. */
export function eventsOf(
  emitter: NodeJS.EventEmitter,
  names: readonly string[],
  shown: (value: unknown) => unknown = codeOf,
): string[] {
  const told: string[] = [];
  for (const name of names)
    emitter.on(name, (...args: unknown[]) => told.push(`${name}(${args.map(shown).join()})`));
  return told;
}

export const codeOf = (value: unknown) => (value instanceof Error && "code" in value ? value.code : value);

/** Returns a port without a listener. */
export async function closedPort(): Promise<number> {
  const server = nodeNet.createServer();
  const port = await listening(server);
  await closed(server);
  return port;
}

/** Returns a dns.lookup() that resolves every name to these addresses. */
export const lookupOf =
  (addresses: readonly { address: string; family: number }[]): nodeNet.LookupFunction =>
  (_name, options, done) => {
    setImmediate(() => {
      if (options.all) done(null, [...addresses]);
      else done(null, addresses[0]?.address ?? "", addresses[0]?.family ?? 0);
    });
  };
