// A worker thread that leaves sockets open and, on request, ends in the requested way.
import { parentPort, workerData } from "node:worker_threads";
import { AF, bind, close, getsockname, listen, SOCK, socket } from "./index.ts";

const detached = socket(AF.INET, SOCK.STREAM).detach();
close(socket(AF.INET, SOCK.STREAM));
const listener = socket(AF.INET, SOCK.STREAM);
bind(listener, { family: "ipv4", address: "127.0.0.1", port: 0 });
listen(listener, 1);
parentPort?.once("message", () => {
  if (workerData === "throws") throw new Error(`thrown on purpose, with ${listener.fd} open`);
  if (workerData === "exits") process.exit(0);
});
parentPort?.postMessage({ address: getsockname(listener), detached });
