// An echo server, on the engine and of the kind that its arguments say, which tells what it has
// open and how large it is.
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

/** What the server tells of itself. */
export interface ServerState {
  readonly connections: number;
  readonly descriptors: number;
  /** In bytes, once garbage is collected: what is resident, and what JavaScript's objects take. */
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

/** Deno opens files and pairs of unix sockets for threads of its own, at any time. */
const isOurs = (descriptor: string) =>
  !("deno" in process.versions) || readOption(host, Number.parseInt(descriptor, 10), SO.DOMAIN) === AF.INET;

/**
 * What JavaScript's objects take, in bytes, without views of mapped memory: each counts as external
 * with all that it is of, though it takes none of it.
 */
function objects(): number {
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  // V8 counts array buffers of its own apart; JavaScriptCore's heapUsed has what is external, too.
  return "bun" in process.versions ? heapUsed - external : heapUsed + arrayBuffers;
}

/** Tells its state once it has as many connections as it is told. */
process.on("message", async (connections) => {
  await eventually(() => (server.connections === connections ? true : undefined));
  let turns = 0;
  await collectGarbageUntil(() => ++turns === 3);
  const { rss: resident } = process.memoryUsage();
  // Windows tells sockets only by asking each handle.
  const descriptors =
    process.platform === "win32" ? descriptorCount() : openDescriptors().filter(isOurs).length;
  process.send?.({ connections: server.connections, descriptors, resident, heap: objects() });
});
process.send?.(portOf(server.address));
