// A server in a worker thread, on a port that several share: it reports which one it is, and
// closes.
import { parentPort, workerData } from "node:worker_threads";
import { portOf } from "../../../test/engine/async-api.ts";
import { listen } from "../listener/listen.ts";

const { engine, port, name } = workerData;
const server = await listen(
  { host: "127.0.0.1", port, reusePort: true, engine },
  {
    open: (connection) => {
      connection.write(`${name}`);
    },
    data: (connection, bytes) => connection.write(bytes),
  },
);
parentPort?.on("message", async () => {
  await server.close({ drain: Number.POSITIVE_INFINITY });
  parentPort?.postMessage(server.stats.accepted);
});
parentPort?.postMessage(portOf(server.address));
