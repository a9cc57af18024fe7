// A server under load whose program, or thread, ends in the middle of it. Its peers are elsewhere.
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { portOf } from "../../../test/engine/async-api.ts";
import { connect } from "../connection/connect.ts";
import { listen } from "../listener/listen.ts";

/** How it ends: one of these after some number of echoes. */
const ends: Readonly<Record<string, () => void>> = {
  exits: () => process.exit(7),
  "exits soon": () => setImmediate(() => process.exit(7)),
  throws: () => {
    throw new Error("on purpose");
  },
  returns: () => setImmediate(letGo),
  "is killed": () => process.kill(process.pid, "SIGKILL"),
  "is terminated": () => parentPort?.postMessage("terminate"),
  "is terminated in a handler": () => {
    parentPort?.postMessage("terminate");
    for (;;);
  },
};

const [how = "", engine] = isMainThread ? process.argv.slice(2) : workerData;
const ECHOES = 300;
let echoes = 0;

const server = await listen(
  { host: "127.0.0.1", engine },
  {
    open: (connection) => {
      all.add(connection);
    },
    data(connection, bytes) {
      connection.write(bytes);
      echoes++;
      if (echoes === ECHOES) ends[how]?.();
    },
    // Without this, an error thrown by a handler is uncaught, as intended.
    close: (connection) => {
      all.delete(connection);
    },
  },
);
const all = new Set<{ unref(): void }>();

function letGo() {
  server.unref();
  for (const connection of all) connection.unref();
  own.unref();
  idle.unref();
}

// It has connections that it opened itself, one of which reads forever, and a loop that accepts.
const idle = await listen({ host: "127.0.0.1", engine });
const own = await connect({ address: idle.address, engine });
own.read().catch(() => {});
idle.accept().then((connection) =>
  connection
    .unref()
    .read()
    .catch(() => {}),
);
const port = portOf(server.address);
if (isMainThread) console.log(port);
else parentPort?.postMessage(port);
