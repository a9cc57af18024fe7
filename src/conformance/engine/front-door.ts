import assert from "node:assert/strict";
import { join } from "node:path";
import type { EngineName } from "../../engine/engine.ts";
import { connect } from "../../stream/connect.ts";
import type { Connection } from "../../stream/connection.ts";
import { listen } from "../../stream/listen.ts";
import type { ListenOptions } from "../../stream/listen-options.ts";
import type { Listener } from "../../stream/listener.ts";
import type { Fixture } from "../fixture.ts";
import { engineTest } from "./engine-test.ts";
import { enginesHere } from "./engines-here.ts";

/** A test of listen(), connect() and udp(), on each engine that this system has. */
export function frontDoorTest(
  what: string,
  run: (engine: EngineName, fixture: Fixture) => Promise<void>,
): void {
  for (const engine of enginesHere) engineTest(engine, what, (fixture) => run(engine.name, fixture));
}

/** Both ends of a connection, and the listener that it came by. */
export interface Ends {
  readonly listener: Listener;
  readonly client: Connection;
  readonly server: Connection;
}

/** The kinds of stream that tests go over. */
export const transports = ["tcp", "unix"] as const;

export function placeFor(fixture: Fixture, transport: (typeof transports)[number]): ListenOptions {
  return transport === "tcp" ? { host: "127.0.0.1" } : { path: join(fixture.folder(), "socket") };
}

/** Runs with both ends of a connection, which are closed at the end, as is the listener. */
export async function withEnds(
  engine: EngineName,
  place: ListenOptions,
  run: (ends: Ends) => Promise<void>,
): Promise<void> {
  const listener = await listen({ ...place, engine });
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
