// One port on two worker threads. Each has its own listener, and the kernel distributes connections
// between them (SO_REUSEPORT).
//
//   node examples/two-workers.ts 7002
import { once } from "node:events";
import { isMainThread, parentPort, threadId, Worker, workerData } from "node:worker_threads";
import { listen } from "berkeley";

if (isMainThread) {
  let port = Number(process.argv[2] ?? 0);
  const workers: Worker[] = [];
  for (let count = 0; count < 2; count++) {
    const worker = new Worker(new URL(import.meta.url), { workerData: port });
    [port] = await once(worker, "message");
    workers.push(worker);
  }
  process.once("SIGINT", () => {
    for (const worker of workers) worker.postMessage("close");
  });
  console.log(port);
} else {
  const server = await listen(
    { host: "127.0.0.1", port: workerData, reusePort: true },
    { open: (connection) => void connection.end(`worker ${threadId}\n`) },
  );
  parentPort?.postMessage("port" in server.address ? server.address.port : 0);
  parentPort?.once("message", () => server.close());
}
