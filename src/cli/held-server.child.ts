import { createServer, type Server } from "node:net";
import { listenersFromEnvironment } from "../net/handoff/listeners-from-environment.ts";

// A server to run under `berkeley hold`: it sends its pid on each connection, and drains on
// SIGTERM.
const servers: Server[] = [];
// Before it prints its pid: the reader may send a signal immediately.
process.on("SIGTERM", () => {
  for (const server of servers) server.close();
});
process.on("SIGHUP", () => console.log("SIGHUP"));
process.on("SIGINT", () => {
  console.log("SIGINT");
  process.exit(3);
});

const listenPid = process.env.LISTEN_PID ?? null;
const sockets = listenersFromEnvironment();
console.log(JSON.stringify({ pid: process.pid, listenPid, sockets: sockets.length }));
if (process.argv[2] === "tell") process.exit(7);
for (const socket of sockets) {
  const server = createServer((connection) => {
    connection.on("error", () => {});
    connection.end(`${process.pid}\n`);
  });
  servers.push(server.listen({ fd: socket.detach() }));
}
