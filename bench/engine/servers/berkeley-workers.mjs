// Echo servers on this package in worker threads, which share a port. The argument is their number.
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { serving } from "./program.mjs";

const count = Number(process.argv[2]);
const program = new URL("berkeley-worker.mjs", import.meta.url);
let port = 0;
for (let index = 0; index < count; index++) {
  const worker = new Worker(program, { workerData: { port } });
  [port] = await once(worker, "message");
}
serving(port);
