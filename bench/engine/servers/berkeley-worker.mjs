// A worker thread of berkeley-workers.mjs.
import { parentPort, workerData } from "node:worker_threads";
import { listen } from "../../../dist/index.js";

const server = await listen(
  { host: "127.0.0.1", port: workerData.port, reusePort: true, backlog: 4096 },
  { data: (connection, bytes) => connection.write(bytes) },
);
parentPort.postMessage(server.address.port);
