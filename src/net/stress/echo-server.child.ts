// An echo server with the engine and kind in its arguments, which reports its open descriptors and
// its size.
import { collectGarbageUntil } from "../../../test/collect-garbage.ts";
import { portOf } from "../../../test/engine/async-api.ts";
import { eventually } from "../../../test/engine/engine-test.ts";
import { openDescriptors } from "../../../test/open-descriptors.ts";
import { descriptorCount } from "../../../test/process-size.ts";
import { readOption } from "../../options/read-option.ts";
import { SO } from "../../options/so.ts";
import { AF } from "../../posix/constants.ts";
import { host } from "../../system/host.ts";
import type { Connection } from "../connection/connection.ts";
import { listen } from "../listener/listen.ts";
import type { Listener } from "../listener/listener.ts";

/** A server's report about itself. */
export interface ServerState {
  readonly connections: number;
  readonly descriptors: number;
  /** In bytes, after garbage collection: resident memory, and JavaScript's objects. */
  readonly resident: number;
  readonly heap: number;
}

const [name, kind] = process.argv.slice(2);
const options = { host: "127.0.0.1", backlog: 4096, engine: name === "uring" ? name : "readiness" } as const;
const server =
  kind === "handlers"
    ? await listen(options, { data: (connection, bytes) => connection.write(bytes) })
    : await listen(options);
if ("accept" in server) serve(server);

async function serve(listener: Listener) {
  for await (const connection of listener) echo(connection);
}

async function echo(connection: Connection) {
  try {
    for await (const bytes of connection) await connection.write(bytes);
    await connection.close();
  } catch {
    connection.reset();
  }
}

/** Deno opens files and pairs of unix sockets for its own threads at any time. */
const isOurs = (descriptor: string) =>
  !("deno" in process.versions) || readOption(host, Number.parseInt(descriptor, 10), SO.DOMAIN) === AF.INET;

/**
 * The size of JavaScript's objects in bytes, without views of mapped memory: each counts as
 * external with the whole mapping, but uses none.
 */
function objects(): number {
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  // V8 counts array buffers separately; JavaScriptCore's heapUsed includes external memory.
  return "bun" in process.versions ? heapUsed - external : heapUsed + arrayBuffers;
}

/** Reports its state once it has the requested number of connections. */
process.on("message", async (connections) => {
  await eventually(() => (server.connections === connections ? true : undefined));
  let turns = 0;
  await collectGarbageUntil(() => ++turns === 3);
  const { rss: resident } = process.memoryUsage();
  // On Windows, sockets can only be found by checking each handle.
  const descriptors =
    process.platform === "win32" ? descriptorCount() : openDescriptors().filter(isOurs).length;
  process.send?.({ connections: server.connections, descriptors, resident, heap: objects() });
});
process.send?.(portOf(server.address));
