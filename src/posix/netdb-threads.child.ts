// A worker thread that looks one name up again and again, and posts the first wrong answer.
import { parentPort, workerData } from "node:worker_threads";
import { getprotobyname, getservbyname } from "./index.ts";

const [service, port, protocol, number] = workerData;
let wrong: string | undefined;
for (let times = 0; times < 3000 && wrong === undefined; times++) {
  const entry = getservbyname(service);
  if (entry.name !== service || entry.port !== port) wrong = `${service} is ${JSON.stringify(entry)}`;
  const found = getprotobyname(protocol);
  if (found.name !== protocol || found.protocol !== number) wrong = `${protocol} is ${JSON.stringify(found)}`;
}
parentPort?.postMessage(wrong ?? "done");
