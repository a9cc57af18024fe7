import assert from "node:assert/strict";
import { join } from "node:path";
import type { EngineName } from "../../src/engine/engine.ts";
import { connect } from "../../src/net/connection/connect.ts";
import type { Connection } from "../../src/net/connection/connection.ts";
import { listen } from "../../src/net/listener/listen.ts";
import type { Listener } from "../../src/net/listener/listener.ts";
import type { ListenerBase } from "../../src/net/listener/listener-base.ts";
import type { ListenOptions } from "../../src/net/options/listen-options.ts";
import { installConnectionSockets } from "../../src/node/net/connection-socket.ts";
import { host } from "../../src/system/host.ts";
import type { Fixture } from "../fixture.ts";
import type { Exceptions } from "../platform.ts";
import { noUnixStreams } from "../winsock-exceptions.ts";
import { engineTest } from "./engine-test.ts";
import { enginesHere } from "./engines-here.ts";

// Importing the package does the same.
installConnectionSockets();

/**
 * A test of listen(), connect() and udp(), on each engine of this host. `exceptions` say where it
 * does not hold.
 */
export function asyncApiTest(
  what: string,
  run: (engine: EngineName, fixture: Fixture) => Promise<void>,
  exceptions?: Exceptions,
): void {
  for (const engine of enginesHere)
    engineTest(engine, what, (fixture) => run(engine.name, fixture), exceptions);
}

/** Both ends of a connection, and its listener. */
export interface Ends {
  readonly listener: Listener;
  readonly client: Connection;
  readonly server: Connection;
}

/** The kinds of stream that tests use. */
export const transports = ["tcp", "unix"] as const;

/** Where this kind does not exist. */
export const withoutTransport: Readonly<Record<(typeof transports)[number], Exceptions>> = {
  tcp: {},
  unix: noUnixStreams,
};

export function endpointFor(fixture: Fixture, transport: (typeof transports)[number]): ListenOptions {
  return transport === "tcp" ? { host: "127.0.0.1" } : { path: join(fixture.folder(), "socket") };
}

/** Runs with both ends of a connection, and closes them and the listener at the end. */
export async function withEnds(
  engine: EngineName,
  endpoint: ListenOptions,
  run: (ends: Ends) => Promise<void>,
): Promise<void> {
  const listener = await listen({ ...endpoint, engine });
  const client = await connect({ address: listener.address, engine });
  const server = await listener.accept();
  try {
    await run({ listener, client, server });
  } finally {
    client.reset();
    server.reset();
    await Promise.all([client.closed, server.closed, listener.close()]);
  }
}

/** The system's report on a listener's queue; Windows has none. */
export const queueTold = host.name !== "windows";

/** Whether this many connections wait in the system's queue, if it reports that. */
export const waitInQueue = (listening: ListenerBase, count: number): boolean =>
  !queueTold || listening.queue?.pending === count;

/** The bytes as text, to the end. */
export async function readText(connection: Connection): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of connection) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

/** The port of an address that has one. */
export function portOf(address: Listener["address"]): number {
  assert.ok(address.family === "ipv4" || address.family === "ipv6");
  return address.port;
}
