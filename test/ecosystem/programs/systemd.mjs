// The server of docs/production.md, under systemd.
import http from "node:http";
import { listenersFromEnvironment, serve, udp } from "berkeley";

const [socket] = listenersFromEnvironment();
const server = http.createServer((_request, response) => response.end("hello"));
const served = await serve(server, { socket });
console.log(`listening on ${served.port}`);

const { NOTIFY_SOCKET: path, WATCHDOG_USEC: limit } = process.env;
if (path !== undefined) {
  // A leading @ is the abstract namespace.
  const manager = await udp({ remote: { path: path.replace(/^@/, "\0") } });
  manager.unref();
  await manager.send("READY=1");
  if (limit !== undefined) setInterval(() => manager.send("WATCHDOG=1"), Number(limit) / 2000).unref();
}

process.once("SIGTERM", () => served.closeGracefully({ timeout: 25_000 }));
